package io.gio4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three floors, one direction: gateway, algorithms, data and kernels. */
@Tag("slow")
class ArchitectureTest {
  /** What is shipped, without the tests. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Progress.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void thereIsSomethingToCheck() {
    assertTrue(CLASSES.size() > 40, () -> CLASSES.size() + " classes");
  }

  @Test
  void floorsKnowOnlyThoseBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("gateway")
        .definedBy("io.gio4j.gateway..")
        .layer("arrow")
        .definedBy("io.gio4j.arrow..")
        .layer("select")
        .definedBy("io.gio4j.select..")
        .layer("divergence")
        .definedBy("io.gio4j.divergence..")
        .layer("text")
        .definedBy("io.gio4j.text..")
        .layer("cluster")
        .definedBy("io.gio4j.cluster..")
        .layer("random")
        .definedBy("io.gio4j.random..")
        .layer("internal")
        .definedBy("io.gio4j.internal")
        .layer("kernel")
        .definedBy("io.gio4j.internal.kernel..")
        .layer("parallel")
        .definedBy("io.gio4j.internal.parallel..")
        .layer("data")
        .definedBy("io.gio4j.data..")
        .whereLayer("gateway")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("arrow")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("select")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("text")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("divergence")
        .mayOnlyBeAccessedByLayers("gateway", "select")
        .whereLayer("cluster")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("random")
        .mayOnlyBeAccessedByLayers("gateway", "select")
        .whereLayer("internal")
        .mayOnlyBeAccessedByLayers("select", "cluster", "divergence", "text")
        .whereLayer("kernel")
        .mayOnlyBeAccessedByLayers("gateway", "select", "cluster", "divergence", "internal")
        .whereLayer("parallel")
        .mayOnlyBeAccessedByLayers("gateway", "select", "cluster", "divergence", "text", "internal")
        .whereLayer("data")
        .mayOnlyBeAccessedByLayers(
            "gateway", "arrow", "select", "cluster", "divergence", "text", "internal")
        .check(CLASSES);
  }

  /** Each library behind one door. */
  @ParameterizedTest
  @CsvSource({
    "jdk.incubator.vector.., io.gio4j.internal.kernel",
    "org.apache.arrow.., io.gio4j.arrow",
    "py4j.., io.gio4j.gateway",
    "com.fasterxml.jackson.., io.gio4j.gateway",
    "org.slf4j.., io.gio4j.gateway",
    "ch.randelshofer.., io.gio4j.text"
  })
  void onlyOnePackageKnowsALibrary(String library, String door) {
    noClasses()
        .that()
        .resideOutsideOfPackage(door)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(CLASSES);
  }

  @Test
  void packagesFormNoCircles() {
    slices().matching("io.gio4j.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void algorithmsNeverTouchMappedMemoryThemselves() {
    // A load from a truncated mapping ends the JVM; FloatMatrix copies in bulk, which is an error.
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.gio4j.select..",
            "io.gio4j.cluster..",
            "io.gio4j.divergence..",
            "io.gio4j.text..",
            "io.gio4j.internal..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(CLASSES);
  }
}

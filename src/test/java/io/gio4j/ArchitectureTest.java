package io.gio4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The floors of the house and which rooms are for users.
 *
 * <p>A {@code module-info} would say the latter to the compiler, but Arrow's Netty allocator
 * forbids one: {@code arrow-memory-netty-buffer-patch} adds classes to the package {@code
 * io.netty.buffer}, which the module {@code io.netty.buffer} exports, and the JVM does not start
 * with both on the module path ("Module arrow.memory.netty.buffer.patch contains package
 * io.netty.buffer, module io.netty.buffer exports package io.netty.buffer to
 * arrow.memory.netty.buffer.patch"). Py4J is no named module either. So the rules stand here.
 */
@Tag("slow")
class ArchitectureTest {
  /** What is shipped, without the tests. */
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Progress.class.getProtectionDomain().getCodeSource().getLocation());

  private static final String INTERNAL = "io.gio4j.internal..";

  /** Packages for users; the others may change at any time. */
  private static final String[] EXPORTED = {
    "io.gio4j",
    "io.gio4j.data",
    "io.gio4j.select..",
    "io.gio4j.divergence",
    "io.gio4j.neighbors",
    "io.gio4j.score",
    "io.gio4j.distance",
    "io.gio4j.kernel",
    "io.gio4j.cluster",
    "io.gio4j.random",
    "io.gio4j.arrow",
  };

  @Test
  void thereIsSomethingToCheck() {
    assertTrue(CLASSES.size() > 150, () -> CLASSES.size() + " classes");
    assertTrue(publicTypes().count() > 30, () -> publicTypes().count() + " public types");
  }

  private static Stream<JavaClass> publicTypes() {
    return CLASSES.stream()
        .filter(JavaClass.Predicates.resideInAnyPackage(EXPORTED))
        .filter(IS_PUBLIC);
  }

  private static final DescribedPredicate<JavaClass> IS_PUBLIC =
      DescribedPredicate.describe("are public", ArchitectureTest::isPublic);

  /** Whether users can name a type: it and all that enclose it are public. */
  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
  }

  @Test
  void floorsKnowOnlyThoseBelow() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("gateway")
        .definedBy("io.gio4j.gateway..")
        .layer("arrow")
        .definedBy("io.gio4j.arrow..")
        .layer("text")
        .definedBy("io.gio4j.text..")
        .layer("algorithms")
        .definedBy(
            "io.gio4j.select..",
            "io.gio4j.cluster..",
            "io.gio4j.divergence..",
            "io.gio4j.neighbors..",
            "io.gio4j.score..",
            "io.gio4j.distance..",
            "io.gio4j.kernel..",
            "io.gio4j.internal.select..",
            "io.gio4j.internal.divergence..",
            "io.gio4j.internal.neighbors..",
            "io.gio4j.internal.energy..")
        .layer("random")
        .definedBy("io.gio4j.random..")
        .layer("blocks")
        .definedBy("io.gio4j.internal")
        .layer("parallel")
        .definedBy("io.gio4j.internal.parallel..")
        .layer("simd")
        .definedBy("io.gio4j.internal.simd..")
        .layer("data")
        .definedBy("io.gio4j.data..")
        .whereLayer("gateway")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("arrow")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("text")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("algorithms")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("random")
        .mayOnlyBeAccessedByLayers("gateway", "algorithms")
        .whereLayer("blocks")
        .mayOnlyBeAccessedByLayers("algorithms", "text")
        .whereLayer("parallel")
        .mayOnlyBeAccessedByLayers("gateway", "algorithms", "text", "blocks")
        .whereLayer("simd")
        .mayOnlyBeAccessedByLayers("gateway", "algorithms", "blocks")
        .whereLayer("data")
        .mayOnlyBeAccessedByLayers("gateway", "arrow", "algorithms", "text", "blocks")
        .check(CLASSES);
  }

  /** Each method of selection stands alone; what two of them need is in {@code internal.select}. */
  @Test
  void methodsDoNotKnowEachOther() {
    slices()
        .matching("io.gio4j.select.(*)..")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(
            DescribedPredicate.alwaysTrue(),
            JavaClass.Predicates.resideInAPackage("io.gio4j.select"))
        .check(CLASSES);
  }

  /** A user's program never has to name what may change at any time. */
  @Test
  void noPublicSignatureNamesAnInternalType() {
    classes()
        .that()
        .resideInAnyPackage(EXPORTED)
        .and(IS_PUBLIC)
        .should(nameNoInternalType())
        .check(CLASSES);
  }

  private static ArchCondition<JavaClass> nameNoInternalType() {
    DescribedPredicate<JavaClass> internal = JavaClass.Predicates.resideInAPackage(INTERNAL);
    return new ArchCondition<>("name no internal type") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Stream<JavaType> supertypes =
            Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
        Stream<JavaType> fields =
            type.getFields().stream()
                .filter(field -> isVisible(field.getModifiers()))
                .map(field -> field.getType());
        Stream<JavaType> signatures =
            type.getCodeUnits().stream()
                .filter(unit -> isVisible(unit.getModifiers()))
                .flatMap(ArchitectureTest::signature);
        Stream.of(supertypes, fields, signatures)
            .flatMap(types -> types)
            .flatMap(named -> named.getAllInvolvedRawTypes().stream())
            .filter(internal)
            .forEach(named ->
                events.add(
                    SimpleConditionEvent.violated(
                        type, type.getName() + " names " + named.getName())));
      }
    };
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaType> signature(JavaCodeUnit unit) {
    return Stream.concat(
        Stream.of(unit.getReturnType()),
        Stream.concat(unit.getParameterTypes().stream(), unit.getExceptionTypes().stream()));
  }

  /** Each library behind one door. */
  @ParameterizedTest
  @CsvSource({
    "jdk.incubator.vector.., io.gio4j.internal.simd",
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
            "io.gio4j.neighbors..",
            "io.gio4j.score..",
            "io.gio4j.distance..",
            "io.gio4j.kernel..",
            "io.gio4j.text..",
            INTERNAL)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(CLASSES);
  }
}

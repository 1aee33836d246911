package io.gio4j.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** What the two jars carry: their licences, what they are made of, and whose log they write. */
class JarsIT {
  private static final String GATEWAY = System.getProperty("gio4j.gatewayJar");
  private static final String LIBRARY = GATEWAY.replace("-gateway.jar", ".jar");

  static List<String> jars() {
    return List.of(GATEWAY, LIBRARY);
  }

  @ParameterizedTest
  @MethodSource("jars")
  void licencesAndComponentsAreInside(String path) throws IOException {
    try (JarFile jar = new JarFile(path)) {
      for (String text : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
        assertNotNull(jar.getEntry(text), text);
      }
      ZipEntry entry = jar.getEntry("META-INF/sbom/gio4j.cdx.json");
      JsonNode sbom = new ObjectMapper().readTree(jar.getInputStream(entry));
      assertEquals("CycloneDX", sbom.get("bomFormat").asText());
      assertEquals("gio4j", sbom.at("/metadata/component/name").asText());
      Set<String> names = new HashSet<>();
      for (JsonNode component : sbom.get("components")) {
        names.add(component.get("name").asText());
        assertFalse(component.get("hashes").isEmpty(), component.toString());
        assertFalse(component.get("licenses").isEmpty(), component.toString());
      }
      assertTrue(
          names.containsAll(List.of("arrow-vector", "netty-common", "jackson-databind", "py4j")),
          names.toString());
    }
  }

  /** A backend or settings of ours would decide for the program that uses the library. */
  @Test
  void theLibraryLeavesTheLogToItsUser() throws Exception {
    try (JarFile jar = new JarFile(LIBRARY)) {
      List<String> others =
          jar.stream()
              .map(ZipEntry::getName)
              .filter(name -> !name.endsWith("/"))
              .filter(name -> !name.startsWith("io/gio4j/") && !name.startsWith("META-INF/"))
              .toList();
      assertEquals(List.of(), others);
      assertEquals("true", optional(jar, "slf4j-simple"));
    }
    try (JarFile jar = new JarFile(GATEWAY)) {
      assertNotNull(jar.getEntry("simplelogger.properties"));
      assertNotNull(jar.getEntry("META-INF/services/org.slf4j.spi.SLF4JServiceProvider"));
      assertNotNull(jar.getEntry("META-INF/services/io.gio4j.select.SelectionMethod"));
    }
  }

  /** What the library's pom says of a dependency: one that is optional is not passed on. */
  private static String optional(JarFile jar, String artifact)
      throws IOException, ParserConfigurationException, SAXException {
    ZipEntry pom = jar.getEntry("META-INF/maven/io.gio4j/gio4j/pom.xml");
    NodeList dependencies =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(jar.getInputStream(pom))
            .getElementsByTagName("dependency");
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element dependency = (Element) dependencies.item(i);
      if (text(dependency, "artifactId").equals(artifact)) {
        return text(dependency, "optional");
      }
    }
    return "no such dependency";
  }

  private static String text(Element element, String tag) {
    NodeList found = element.getElementsByTagName(tag);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent();
  }
}

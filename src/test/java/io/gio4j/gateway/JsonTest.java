package io.gio4j.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gio4j.arrow.MappedMatrix;
import io.gio4j.data.NumberType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  private static final String X =
      "{'name': 'x', 'kind': 'raw', 'path': '/x', 'type': 'bfloat16', 'columns': 3, "
          + "'parts': [{'offset': 0, 'rows': 2}]}";
  private static final String Y =
      "{'name': 'y', 'kind': 'arrow_file', 'path': '/y', 'column': null}";
  private static final String DISTANCES = "{'kind': 'distances', 'x': " + X + ", 'y': " + Y + "}";

  private static Request read(String json) {
    return Json.read(json.replace('\'', '"'), Request.class);
  }

  @Test
  void aRequestIsReadByItsKind() {
    DistancesRequest request = (DistancesRequest) read(DISTANCES);
    assertEquals(
        new MatrixSource.Raw(
            "x", "/x", NumberType.BFLOAT16, 3, List.of(new MappedMatrix.Part(0, 2))),
        request.x());
    assertEquals(new MatrixSource.File("y", "/y", null), request.y());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "unknown field | 'kind': 'distances', | 'kind': 'distances', 'extra': 1, | extra",
        "field missing | , 'y': Y |  | 'y'",
        "null for a number | 'rows': 2 | 'rows': null | x.parts.0.rows: ",
        "null for a part | {'offset': 0, 'rows': 2} | null | parts must not be null",
        "null for all parts | [{'offset': 0, 'rows': 2}] | null | parts must not be null",
        "number missing | , 'rows': 2 |  | rows",
        "unknown kind | distances | distance | distance",
        "unknown kind of matrix | 'raw' | 'npy' | npy",
        "unknown field of a matrix | 'offset' | 'ofset' | offset",
        "text for a number | 'rows': 2 | 'rows': 'two' | two",
        "number too large | 'columns': 3 | 'columns': 4294967296 | 4294967296",
        "number in quotes | 'rows': 2 | 'rows': '2' | x.parts.0.rows: ",
        "fraction for an integer | 'rows': 2 | 'rows': 2.5 | 2.5"
      })
  void anIllFormedRequestIsRefusedByName(String what, String part, String instead, String named) {
    String broken = DISTANCES.replace(part.replace("Y", Y), instead == null ? "" : instead);
    assertEquals(false, broken.equals(DISTANCES), what);
    assertInvalid(broken, named);
  }

  @Test
  void textThatIsNoJsonIsRefused() {
    assertInvalid("{'kind': 'distances'", "");
    assertInvalid("", "");
    assertInvalid("nonsense", "nonsense");
    assertInvalid(DISTANCES + " {}", "");
  }

  @Test
  void anOptionThatIsNullMustBeNamedAllTheSame() {
    assertInvalid(DISTANCES.replace(", 'column': null", ""), "column");
  }

  private static void assertInvalid(String json, String named) {
    GatewayException error = assertThrows(GatewayException.class, () -> read(json));
    assertEquals(ErrorCode.INVALID_REQUEST, error.code());
    assertTrue(error.getMessage().contains(named), error.getMessage());
  }

  @Test
  void numbersThatAreNotFiniteAreReadFromText() {
    double[] read = Json.read("[\"NaN\", \"Infinity\", \"-Infinity\", 1, 1e300]", double[].class);
    assertArrayEquals(
        new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1, 1e300},
        read);
  }

  /** JSON has no numbers for them; the protocol says which texts stand in. */
  @Test
  void numbersThatAreNotFiniteAreText() {
    assertEquals(
        "{\"numbers\":[\"NaN\",\"Infinity\",\"-Infinity\",1.5,null]}",
        Json.write(
            Map.of(
                "numbers",
                Arrays.asList(
                    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1.5, null))));
  }

  @Test
  void numbersInJavaComeBackAsTheyWere() {
    for (double value : new double[] {0.1, 1e-300, Math.PI, 12.370688, Double.MIN_VALUE}) {
      assertEquals(value, Double.parseDouble(Json.write(value)));
    }
  }
}

package io.gio4j.arrow;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.flatbuffers.FlatBufferBuilder;
import io.gio4j.data.FloatMatrix;
import io.gio4j.data.NumberType;
import io.gio4j.data.UnreadableInputException;
import io.gio4j.testing.ArrowFiles;
import io.gio4j.testing.ArrowFiles.Null;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappedMatrixTest {
  private static final List<Field> AMONG_OTHERS =
      List.of(
          ArrowFiles.text("name"),
          ArrowFiles.nested("tags"),
          ArrowFiles.vectors("embedding", 3),
          ArrowFiles.text("more"));

  private static final List<Field> ALONE = List.of(ArrowFiles.vectors("embedding", 3));

  @TempDir Path directory;

  /** Whatever a test did, and whether or not it failed to open, nothing stays mapped. */
  @AfterEach
  void nothingStaysMapped() {
    assertEquals(0, ArrowMemory.bytes());
  }

  private Path file() {
    return directory.resolve("matrix.arrow");
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(MappedMatrixTest.class.getResource("/arrow/" + name).toURI());
  }

  /** Row r, column c is 100 r + c. */
  private static void assertNumbered(int rows, int columns, MappedMatrix mapped) {
    try (mapped) {
      FloatMatrix matrix = mapped.matrix();
      assertEquals(rows, matrix.rows());
      assertEquals(columns, matrix.columns());
      for (int row = 0; row < rows; row++) {
        float[] expected = new float[columns];
        for (int c = 0; c < columns; c++) {
          expected[c] = 100 * row + c;
        }
        assertArrayEquals(expected, matrix.row(row), "row " + row);
      }
    }
  }

  @Test
  void aFileIsReadBatchByBatch() {
    ArrowFiles.writeFile(file(), ALONE, Null.NONE, 4, 1, 0, 7);
    assertNumbered(12, 3, MappedMatrix.arrowFile("pool", file(), null));
    assertNumbered(12, 3, MappedMatrix.arrowFile("pool", file(), "embedding"));
  }

  @Test
  void aFilesOtherColumnsAreSteppedOver() {
    ArrowFiles.writeFile(file(), AMONG_OTHERS, Null.NONE, 4, 5);
    assertNumbered(9, 3, MappedMatrix.arrowFile("pool", file(), null));
    assertNumbered(9, 3, MappedMatrix.arrowFile("pool", file(), "embedding"));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 8, 24, 4096, 13})
  void aStreamIsReadFromItsOffset(long offset) {
    ArrowFiles.writeStream(file(), offset, AMONG_OTHERS, Null.NONE, 4, 0, 5);
    assertNumbered(9, 3, MappedMatrix.arrowStream("pool", file(), offset));
  }

  @Test
  void aStreamsColumnIsReadByItsName() {
    ArrowFiles.writeStream(file(), 0, AMONG_OTHERS, Null.NONE, 4, 5);
    assertNumbered(9, 3, MappedMatrix.arrowStream("pool", file(), 0, "embedding"));
  }

  @Test
  void rowsOfSeveralFilesFollowEachOther() throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    ArrowFiles.writeFile(first, ALONE, Null.NONE, 2, 3);
    writeRaw(second, 50, 51, 52, 60, 61, 62);
    MappedMatrix joined =
        MappedMatrix.joined(
            "pool",
            List.of(
                MappedMatrix.arrowFile("pool", first, null),
                MappedMatrix.raw("pool", second, 0, 2, 3)));
    try (joined) {
      FloatMatrix rows = joined.matrix();
      assertEquals(7, rows.rows());
      float[] copied = new float[3 * 3];
      rows.copyRows(4, 3, copied, 0);
      assertArrayEquals(new float[] {400, 401, 402, 50, 51, 52, 60, 61, 62}, copied);
      assertThrows(IllegalStateException.class, joined::parts);
    }
    assertThrows(
        IllegalStateException.class, () -> joined.matrix().copyRows(6, 1, new float[3], 0));
  }

  @Test
  void numbersOfOtherTypesAreConverted() throws IOException, URISyntaxException {
    assertNumbered(10, 4, MappedMatrix.arrowFile("pool", resource("half.arrow"), null));
    Path bytes = Files.write(directory.resolve("bytes"), new byte[] {9, -1, 0, 127, -128, 2, 3});
    List<MappedMatrix.Part> parts =
        List.of(new MappedMatrix.Part(5, 1), new MappedMatrix.Part(1, 2));
    try (MappedMatrix half = MappedMatrix.arrowFile("pool", resource("half.arrow"), null);
        MappedMatrix signed = MappedMatrix.raw("pool", bytes, parts, NumberType.INT8, 2);
        MappedMatrix unsigned = MappedMatrix.raw("pool", bytes, parts, NumberType.UINT8, 2)) {
      assertEquals(NumberType.FLOAT16, half.type());
      assertEquals(10, half.parts().stream().mapToLong(MappedMatrix.Part::rows).sum());
      assertEquals(NumberType.INT8, signed.type());
      assertEquals(parts, signed.parts());
      FloatMatrix joined = MappedMatrix.joined("pool", List.of(signed, unsigned, signed)).matrix();
      float[] copied = new float[8 * 2];
      joined.copyRows(1, 8, copied, 0);
      assertArrayEquals(
          new float[] {-1, 0, 127, -128, 2, 3, 255, 0, 127, 128, 2, 3, -1, 0, 127, -128}, copied);
      assertThrows(
          IllegalArgumentException.class,
          () -> MappedMatrix.joined("pool", List.of(signed, signed.unitRows())));
    }
    assertUnreadable(
        "pool: " + bytes + " has 7 bytes; 2 rows of 2 columns from byte 0 on need 8",
        () ->
            MappedMatrix.raw(
                "pool", bytes, List.of(new MappedMatrix.Part(0, 2)), NumberType.BFLOAT16, 2));
  }

  @Test
  void matricesBesideEachOtherAreClosedTogether() throws IOException {
    Path bytes = Files.write(directory.resolve("beside"), new byte[] {1, 2, 3, 4, 5, 6});
    List<MappedMatrix.Part> two = List.of(new MappedMatrix.Part(0, 2));
    List<MappedMatrix.Part> later = List.of(new MappedMatrix.Part(4, 2));
    MappedMatrix both =
        MappedMatrix.beside(
            "both",
            List.of(
                MappedMatrix.raw("pool", bytes, two, NumberType.INT8, 2),
                MappedMatrix.raw("pool", bytes, later, NumberType.INT8, 1).unitRows()),
            new double[] {0.5, 3});
    try (both) {
      float[] copied = new float[2 * 3];
      both.matrix().copyRows(0, 2, copied, 0);
      assertArrayEquals(new float[] {0.5f, 1, 3, 1.5f, 2, 3}, copied);
    }
    assertThrows(IllegalStateException.class, () -> both.matrix().row(0));
    try (MappedMatrix one =
        MappedMatrix.beside(
            "one",
            List.of(MappedMatrix.raw("pool", bytes, two, NumberType.INT8, 2)),
            new double[] {2})) {
      assertThrows(IllegalStateException.class, one::parts);
      assertThrows(IllegalStateException.class, one::type);
    }
  }

  @Test
  void joinedRowsHaveOneWidth() throws IOException {
    Path first = directory.resolve("first");
    writeRaw(first, 1, 2, 3, 4, 5, 6);
    try (MappedMatrix three = MappedMatrix.raw("pool", first, 0, 2, 3);
        MappedMatrix two = MappedMatrix.raw("pool", first, 0, 3, 2)) {
      assertEquals(
          "pool: part 1 has 2 columns, part 0 has 3; all must have the same number",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> MappedMatrix.joined("pool", List.of(three, two)))
              .getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> MappedMatrix.joined("pool", List.of()));
  }

  private static void writeRaw(Path path, float... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    Files.write(path, bytes.array());
  }

  /** A pooled buffer is longer than the stream that lies in it. */
  @Test
  void whatFollowsAStreamIsNotRead() throws IOException {
    ArrowFiles.writeStream(file(), 0, ALONE, Null.NONE, 6);
    Files.write(file(), new byte[] {1, 2, 3, 4, 5, 6, 7}, StandardOpenOption.APPEND);
    assertNumbered(6, 3, MappedMatrix.arrowStream("pool", file(), 0));
  }

  @Test
  void filesOfPyarrowAreReadWithoutTheirValidityBitmaps() throws URISyntaxException {
    assertNumbered(10, 4, MappedMatrix.arrowFile("pool", resource("pyarrow.arrow"), null));
    assertNumbered(10, 4, MappedMatrix.arrowStream("pool", resource("pyarrow.stream"), 0));
  }

  @Test
  void filesOfPolarsAreRead() throws URISyntaxException {
    assertNumbered(10, 4, MappedMatrix.arrowFile("pool", resource("polars.arrow"), "embedding"));
  }

  /** Dictionaries, views and nulls have other numbers of buffers than their type alone says. */
  @Test
  void columnsOfEveryLayoutAreSteppedOver() throws URISyntaxException {
    assertNumbered(10, 4, MappedMatrix.arrowFile("pool", resource("mixed.arrow"), "embedding"));
    assertNumbered(10, 4, MappedMatrix.arrowStream("pool", resource("mixed.stream"), 0));
  }

  @Test
  void rawRowsAreReadFromTheirOffset() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(10 + 4 * 6).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(10);
    for (int i = 0; i < 6; i++) {
      bytes.putFloat(100 * (i / 2) + i % 2);
    }
    Files.write(file(), bytes.array());
    assertNumbered(3, 2, MappedMatrix.raw("pool", file(), 10, 3, 2));
    assertUnreadable(
        "pool: %s has 34 bytes; 3 rows of 2 columns from byte 11 on need 35",
        () -> MappedMatrix.raw("pool", file(), 11, 3, 2));
    assertUnreadable(
        "pool: %s has 34 bytes; 4 rows of 2 columns from byte 10 on need 42",
        () -> MappedMatrix.raw("pool", file(), 10, 4, 2));
    List<MappedMatrix.Part> parts =
        List.of(new MappedMatrix.Part(26, 1), new MappedMatrix.Part(10, 2));
    try (MappedMatrix mapped = MappedMatrix.raw("pool", file(), parts, NumberType.FLOAT32, 2)) {
      assertEquals(parts, mapped.parts());
      assertArrayEquals(new float[] {200, 201}, mapped.matrix().row(0));
      assertArrayEquals(new float[] {100, 101}, mapped.matrix().row(2));
    }
  }

  /** The mapping itself is read, so what is written to the file later shows. */
  @Test
  void nothingIsCopied() throws IOException {
    ArrowFiles.writeFile(file(), ALONE, Null.NONE, 4);
    try (MappedMatrix mapped = MappedMatrix.arrowFile("pool", file(), null);
        FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      assertEquals(Files.size(file()), ArrowMemory.bytes(), "the mapping and nothing else");
      ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(number.putFloat(0, -7), positionOf(302));
      assertArrayEquals(new float[] {300, 301, -7}, mapped.matrix().row(3));
    }
  }

  private long positionOf(float value) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file())).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < bytes.capacity() - 3; at += 4) {
      if (bytes.getFloat(at) == value) {
        return at;
      }
    }
    throw new AssertionError("no " + value + " in the file");
  }

  @Test
  void closingTwiceIsRefusedAndReadingAfterItToo() {
    ArrowFiles.writeFile(file(), ALONE, Null.NONE, 4);
    MappedMatrix mapped = MappedMatrix.arrowFile("pool", file(), null);
    mapped.close();
    assertThrows(IllegalStateException.class, () -> mapped.matrix().row(0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void listsOfOneLengthAreVectors(boolean large) {
    List<Field> fields = List.of(ArrowFiles.text("name"), ArrowFiles.evenLists("lists", large));
    ArrowFiles.writeFile(file(), fields, Null.NONE, 4, 1, 0, 20_000);
    assertNumbered(20_005, 3, MappedMatrix.arrowFile("pool", file(), null));
    assertNumbered(20_005, 3, MappedMatrix.arrowFile("pool", file(), "lists"));
    ArrowFiles.writeStream(file(), 0, fields, Null.NONE, 4, 5);
    assertNumbered(9, 3, MappedMatrix.arrowStream("pool", file(), 0));
    for (Null where : List.of(Null.ROW, Null.NUMBER)) {
      ArrowFiles.writeStream(file(), 0, fields, where, 4, 5);
      assertUnreadable(
          "pool: column lists has 1 nulls; drop or fill them first",
          () -> MappedMatrix.arrowStream("pool", file(), 0));
    }
  }

  @Test
  void vectorsOfAFixedLengthGoBeforeLists() {
    List<Field> both = List.of(ArrowFiles.evenLists("lists", false), ArrowFiles.vectors("v", 2));
    ArrowFiles.writeFile(file(), both, Null.NONE, 4, 5);
    assertNumbered(9, 2, MappedMatrix.arrowFile("pool", file(), null));
    assertNumbered(9, 3, MappedMatrix.arrowFile("pool", file(), "lists"));
  }

  /** Every offset that is not as it must be is seen, wherever it lies. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 8190, 8191, 8192, 8193, 16383, 19_999, 20_000})
  void listsOfOtherLengthsAreRefused(int offset) throws IOException {
    ArrowFiles.writeFile(file(), List.of(ArrowFiles.evenLists("lists", false)), Null.NONE, 20_000);
    byte[] whole = Files.readAllBytes(file());
    ByteBuffer bytes = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int offsets = 0;
    while (bytes.getInt(offsets) != 0
        || bytes.getInt(offsets + 4) != 3
        || bytes.getInt(offsets + 8) != 6
        || bytes.getInt(offsets + 12) != 9) {
      offsets += 4;
    }
    bytes.putInt(offsets + 4 * offset, bytes.getInt(offsets + 4 * offset) + 1);
    Files.write(file(), whole);
    assertUnreadable(
        "pool: column lists has another length than ",
        () -> MappedMatrix.arrowFile("pool", file(), null));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void nullsAreRefused(Null where) {
    ArrowFiles.writeFile(file(), AMONG_OTHERS, where, 4);
    assertUnreadable(
        "pool: column embedding has 1 nulls; drop or fill them first",
        () -> MappedMatrix.arrowFile("pool", file(), null));
  }

  @Test
  void vectorsOfAnotherTypeAreRefused() {
    Field doubles =
        ArrowFiles.list("embedding", 3, new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE));
    ArrowFiles.writeFile(file(), List.of(doubles), Null.NONE, 4);
    assertUnreadable(
        "pool: column embedding is FixedSizeList(3)",
        () -> MappedMatrix.arrowFile("pool", file(), "embedding"));
    assertUnreadable("pool: has no column", () -> MappedMatrix.arrowFile("pool", file(), null));
  }

  @Test
  void aColumnThatIsNoVectorOrNotThereIsRefused() {
    ArrowFiles.writeFile(file(), AMONG_OTHERS, Null.NONE, 4);
    assertUnreadable(
        "pool: column name is Utf8; FixedSizeList of float32 is needed, cast it first",
        () -> MappedMatrix.arrowFile("pool", file(), "name"));
    assertUnreadable(
        "pool: has no column vectors of FixedSizeList of float32; its columns are name: Utf8, ",
        () -> MappedMatrix.arrowFile("pool", file(), "vectors"));
  }

  @Test
  void ofTwoColumnsOfVectorsOneMustBeNamed() {
    List<Field> two = List.of(ArrowFiles.vectors("first", 2), ArrowFiles.vectors("second", 3));
    ArrowFiles.writeFile(file(), two, Null.NONE, 4, 2);
    assertUnreadable(
        "pool: columns first and second both hold vectors; name the one to use",
        () -> MappedMatrix.arrowFile("pool", file(), null));
    assertNumbered(6, 2, MappedMatrix.arrowFile("pool", file(), "first"));
    assertNumbered(6, 3, MappedMatrix.arrowFile("pool", file(), "second"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lz4.arrow", "zstd.arrow"})
  void compressedFilesAreRefused(String name) throws URISyntaxException {
    Path path = resource(name);
    assertUnreadable(
        "pool: is compressed; write it uncompressed, so that it can be read in place",
        () -> MappedMatrix.arrowFile("pool", path, "embedding"));
  }

  @Test
  void aMissingFileIsNamed() {
    assertUnreadable(
        "pool: there is no file %s", () -> MappedMatrix.arrowFile("pool", file(), null));
    assertUnreadable(
        "pool: there is no file %s", () -> MappedMatrix.arrowStream("pool", file(), 0));
  }

  @Test
  void anEmptyFileIsRefused() throws IOException {
    Files.write(file(), new byte[0]);
    assertUnreadable("pool: %s is empty", () -> MappedMatrix.arrowFile("pool", file(), null));
    assertUnreadable("pool: %s is empty", () -> MappedMatrix.arrowStream("pool", file(), 0));
    assertUnreadable("pool: %s is empty", () -> MappedMatrix.raw("pool", file(), 0, 1, 1));
  }

  @Test
  void aDirectoryIsRefused() {
    assertUnreadable("pool: ", () -> MappedMatrix.arrowFile("pool", directory, null));
  }

  @Test
  void anOffsetOutsideOfTheFileIsRefused() {
    ArrowFiles.writeStream(file(), 0, ALONE, Null.NONE, 4);
    assertUnreadable("pool: %s ", () -> MappedMatrix.arrowStream("pool", file(), 1 << 20));
    assertUnreadable("pool: %s ", () -> MappedMatrix.arrowStream("pool", file(), -1));
    assertUnreadable("pool: %s ", () -> MappedMatrix.raw("pool", file(), -1, 1, 1));
  }

  @Test
  void batchesWithoutRowsAreNoMatrix() {
    ArrowFiles.writeFile(file(), ALONE, Null.NONE, 0);
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> MappedMatrix.arrowFile("pool", file(), null).close());
    assertEquals("pool: has no rows; at least 1 is needed", error.getMessage());
  }

  /** Cut anywhere: an error of one kind, never a fault, never a few rows less in silence. */
  @Tag("slow")
  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    ArrowFiles.writeFile(file(), AMONG_OTHERS, Null.NONE, 4, 5);
    byte[] whole = Files.readAllBytes(file());
    for (int length = 0; length < whole.length; length += 5) {
      Files.write(file(), Arrays.copyOf(whole, length));
      assertUnreadable("pool: ", () -> MappedMatrix.arrowFile("pool", file(), null));
    }
  }

  /** A stream has no footer: cut between two batches it is a shorter stream. */
  @Test
  void aStreamCutWithinABatchIsRefused() throws IOException {
    ArrowFiles.writeStream(file(), 0, ALONE, Null.NONE, 4);
    byte[] whole = Files.readAllBytes(file());
    // Eight bytes of end mark, then numbers: 4 rows of 3 are 48 bytes.
    for (int less : new int[] {9, 12, 30, 55, 57, 100, 200, whole.length - 9, whole.length - 4}) {
      Files.write(file(), Arrays.copyOf(whole, whole.length - less));
      assertUnreadable("pool: ", () -> MappedMatrix.arrowStream("pool", file(), 0));
    }
  }

  @Test
  void somethingElseIsRefused() throws IOException {
    byte[] text = new byte[500];
    Arrays.fill(text, (byte) 'T'); // Read as a length: 1.4 GB.
    byte[] ones = new byte[500];
    Arrays.fill(ones, (byte) 0xff);
    for (byte[] content : List.of(text, ones, new byte[500], new byte[] {1, 2, 3})) {
      Files.write(file(), content);
      assertUnreadable("pool: ", () -> MappedMatrix.arrowFile("pool", file(), null));
      assertUnreadable("pool: ", () -> MappedMatrix.arrowStream("pool", file(), 0));
    }
  }

  /**
   * Noise in any byte: the rows, or an error for the caller, but nothing else and nothing mapped.
   */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void damageAnywhereIsSurvived(boolean asFile, boolean asLists) throws IOException {
    List<Field> fields = asLists ? List.of(ArrowFiles.evenLists("lists", false)) : ALONE;
    if (asFile) {
      ArrowFiles.writeFile(file(), fields, Null.NONE, 2, 1);
    } else {
      ArrowFiles.writeStream(file(), 0, fields, Null.NONE, 2, 1);
    }
    byte[] whole = Files.readAllBytes(file());
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (at % 2 == 0 ? 0xff : 0x11);
      Files.write(file(), damaged);
      try (MappedMatrix mapped =
          asFile
              ? MappedMatrix.arrowFile("pool", file(), null)
              : MappedMatrix.arrowStream("pool", file(), 0)) {
        FloatMatrix matrix = mapped.matrix();
        matrix.row(matrix.rows() - 1);
      } catch (UnreadableInputException | IllegalArgumentException refused) {
        assertTrue(refused.getMessage().startsWith("pool: "), refused.toString());
      }
    }
  }

  /** Arrow has a word for it, which pyarrow reads by swapping bytes; in place that cannot be. */
  @Test
  void anotherByteOrderIsRefused() throws IOException {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    int[] fields = {ArrowFiles.vectors("embedding", 3).getField(builder)};
    int vector = org.apache.arrow.flatbuf.Schema.createFieldsVector(builder, fields);
    org.apache.arrow.flatbuf.Schema.startSchema(builder);
    org.apache.arrow.flatbuf.Schema.addEndianness(builder, Endianness.Big);
    org.apache.arrow.flatbuf.Schema.addFields(builder, vector);
    int schema = org.apache.arrow.flatbuf.Schema.endSchema(builder);
    Message.startMessage(builder);
    Message.addVersion(builder, MetadataVersion.V5);
    Message.addHeaderType(builder, MessageHeader.Schema);
    Message.addHeader(builder, schema);
    builder.finish(Message.endMessage(builder));
    byte[] message = builder.sizedByteArray();
    ByteBuffer bytes = ByteBuffer.allocate(8 + message.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(file(), bytes.putInt(-1).putInt(message.length).put(message).array());
    assertUnreadable(
        "pool: is not little-endian; write it so, so that it can be read in place",
        () -> MappedMatrix.arrowStream("pool", file(), 0));
  }

  /** A count of nulls that the writer left open, or a wrong one: the bitmap says what is null. */
  @ParameterizedTest
  @ValueSource(longs = {0, -1})
  void nullsThatAreNotCountedAreSeen(long count) throws IOException {
    ArrowFiles.writeFile(file(), ALONE, Null.NUMBER, 4);
    byte[] whole = Files.readAllBytes(file());
    ByteBuffer words = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int node = 0; // 12 numbers, 1 null
    while (words.getLong(node) != 12 || words.getLong(node + 8) != 1) {
      node += 4;
    }
    words.putLong(node + 8, count);
    Files.write(file(), whole);
    assertUnreadable(
        "pool: column embedding has 1 nulls; drop or fill them first",
        () -> MappedMatrix.arrowFile("pool", file(), null));
  }

  /** Text read as a length is 1.4 GB, which must not be allocated to find out. */
  @Test
  void aLengthBeyondTheFileIsRefusedAtSight() throws IOException {
    byte[] text = new byte[500];
    Arrays.fill(text, (byte) 'T');
    Files.write(file(), text);
    assertUnreadable(
        "pool: %s cannot be read (at byte 0 there is no whole message)",
        () -> MappedMatrix.arrowStream("pool", file(), 0));
  }

  private void assertUnreadable(String beginning, Supplier<MappedMatrix> opening) {
    String message =
        assertThrows(UnreadableInputException.class, () -> opening.get().close()).getMessage();
    assertTrue(message.startsWith(beginning.replace("%s", file().toString())), message);
  }
}

package io.fovea.batch;

import io.fovea.onnx.WholeFile;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of some rows, which is there whole or not at all. Its last line tells of them as JSON.
 *
 * @param from position of its first picture in the list
 * @param to position after its last
 */
record Part(Path file, long from, long to) {
  /** What a part is called until it is whole. */
  static final String UNNAMED = "part";

  static final Pattern NAME = Pattern.compile("(\\d{12})-(\\d{12})\\.part");
  private static final int LONGEST_END = 1 << 16;

  /** What writes the rows of a part, and says where they end. */
  @FunctionalInterface
  interface Content {
    long writeTo(Writer out) throws IOException;
  }

  /**
   * Writes a part that begins at a position.
   *
   * @param tally of its rows, which the content counts
   */
  static Part write(Path folder, long from, Tally tally, Content content) throws IOException {
    Path unnamed = folder.resolve(UNNAMED); // where it ends is known only then
    long[] to = new long[1];
    WholeFile.write(
        unnamed,
        stream -> {
          Writer out = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
          to[0] = content.writeTo(out);
          out.write(Json.text(tally.toJson()) + "\n");
          out.flush();
        });
    Path named = folder.resolve("%012d-%012d.part".formatted(from, to[0]));
    Files.move(unnamed, named, StandardCopyOption.ATOMIC_MOVE);
    return new Part(named, from, to[0]);
  }

  /** All parts of a folder, in their order. */
  static List<Part> in(Path folder) throws IOException {
    List<Part> all = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          all.add(new Part(file, Long.parseLong(name.group(1)), Long.parseLong(name.group(2))));
        }
      }
    }
    all.sort(Comparator.comparingLong(Part::from));
    return all;
  }

  /** Those that follow one another from a position on. */
  static List<Part> in(Path folder, long from) throws IOException {
    List<Part> following = new ArrayList<>();
    long at = from;
    for (Part part : in(folder)) {
      if (part.from == at && part.to > at) {
        following.add(part);
        at = part.to;
      }
    }
    return following;
  }

  /** What its last line tells. */
  Tally tally() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      byte[] end = end(channel);
      int start = start(end);
      String line = new String(end, start, end.length - start, StandardCharsets.UTF_8);
      return Tally.of(Json.read(line, Map.class));
    } catch (IllegalArgumentException | NullPointerException | ClassCastException e) {
      throw damaged();
    }
  }

  /** Its rows as bytes. */
  InputStream rows() throws IOException {
    long length;
    try (FileChannel channel = FileChannel.open(file)) {
      byte[] end = end(channel);
      length = channel.size() - end.length + start(end);
    }
    return new FilterInputStream(Files.newInputStream(file)) {
      private long left = length;

      @Override
      public int read() throws IOException {
        return left-- > 0 ? super.read() : -1;
      }

      @Override
      public int read(byte[] to, int from, int count) throws IOException {
        int n = left <= 0 ? -1 : super.read(to, from, (int) Math.min(left, count));
        left -= Math.max(n, 0);
        return n;
      }
    };
  }

  private static byte[] end(FileChannel channel) throws IOException {
    ByteBuffer end = ByteBuffer.allocate((int) Math.min(channel.size(), LONGEST_END));
    long at = channel.size() - end.capacity();
    while (end.hasRemaining() && channel.read(end, at + end.position()) >= 0) {
      // reads on
    }
    return end.array();
  }

  /** Where the last line starts, which ends in a line feed as every line. */
  private int start(byte[] end) throws IOException {
    if (end.length == 0 || end[end.length - 1] != '\n') {
      throw damaged();
    }
    for (int i = end.length - 1; i > 0; i--) {
      if (end[i - 1] == '\n') {
        return i;
      }
    }
    if (end.length == LONGEST_END) {
      throw damaged();
    }
    return 0;
  }

  private IOException damaged() {
    return new IOException(file + ": no part of a file of rows; delete it to score its pictures");
  }
}

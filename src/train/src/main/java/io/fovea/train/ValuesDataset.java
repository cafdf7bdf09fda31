package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.runtime.Task;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Pictures and real numbers from a CSV file (RFC 4180): a file, then its values. */
record ValuesDataset(List<String> labels, List<Path> files, List<float[]> values)
    implements Dataset {
  static ValuesDataset of(Path csv) {
    List<Path> files = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    CSVFormat format = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).setTrim(true).get();
    try (Reader in = Files.newBufferedReader(csv);
        CSVParser rows = CSVParser.parse(in, format)) {
      List<String> header = List.of();
      for (CSVRecord row : rows) {
        if (header.isEmpty()) {
          header = row.toList();
          if (header.size() < 2) {
            throw new TrainException(
                csv + ": expected columns of a file and values, met " + header);
          }
          if (header.stream().skip(1).allMatch(ValuesDataset::isNumber)) {
            throw new TrainException(csv + ": expected a first line of names, met " + header);
          }
          continue;
        }
        String where = csv + ", line " + rows.getCurrentLineNumber();
        if (row.size() != header.size()) {
          throw new TrainException(
              "%s: expected %d columns, met %d".formatted(where, header.size(), row.size()));
        }
        files.add(file(csv, row.get(0), where));
        float[] numbers = new float[row.size() - 1];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = number(row.get(i + 1), where + ", " + header.get(i + 1));
        }
        values.add(numbers);
      }
      if (files.isEmpty()) {
        throw new TrainException(csv + ": no rows");
      }
      return new ValuesDataset(
          List.copyOf(header.subList(1, header.size())), List.copyOf(files), List.copyOf(values));
    } catch (IOException | UncheckedIOException e) {
      throw new TrainException(csv + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static Path file(Path csv, String name, String where) {
    try {
      Path file = csv.toAbsolutePath().resolveSibling(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw new TrainException(where + ": '" + name + "' is no path", e);
    }
    throw new TrainException(where + ": no such file: " + name);
  }

  private static boolean isNumber(String text) {
    return text.matches("[-+]?[0-9.]+([eE][-+]?[0-9]+)?");
  }

  private static float number(String text, String where) {
    try {
      float value = Float.parseFloat(text);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException ignored) {
      // reported below
    }
    throw new TrainException("%s: expected a number, met '%s'".formatted(where, text));
  }

  @Override
  public Task.Kind task() {
    return Task.Kind.REGRESSION;
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return reader.read(files.get(index));
  }

  @Override
  public Target target(int index) {
    return new Target.Values(values.get(index));
  }

  @Override
  public String name(int index) {
    return files.get(index).toString();
  }

  @Override
  public Stored stored(int index) {
    return Stored.file(files.get(index));
  }
}

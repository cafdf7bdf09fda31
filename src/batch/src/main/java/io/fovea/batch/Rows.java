package io.fovea.batch;

import io.fovea.batch.Answers.Answer;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Where answers go, one row a picture, in the order of the pictures and from one thread. */
public interface Rows {
  void answer(String picture, Answer answer) throws IOException;

  void error(String picture, String message) throws IOException;

  /** Hands over what was written so far. */
  default void flush() throws IOException {}

  /** CSV as RFC 4180 has it: file, the answer's columns, error; a first line of names. */
  static Rows csv(Writer out, List<Column> columns) throws IOException {
    CsvRows rows = new CsvRows(out, columns);
    rows.names();
    return rows;
  }

  /** JSON Lines: an object a picture, with its answer or its error. */
  static Rows jsonLines(Writer out) {
    return new JsonRows(out);
  }

  /** Rows of a CSV file. */
  final class CsvRows implements Rows {
    private final Writer out;
    private final CSVPrinter csv;
    private final List<String> names;

    CsvRows(Writer out, List<Column> columns) throws IOException {
      this.out = out;
      this.csv = new CSVPrinter(out, CSVFormat.RFC4180.builder().setRecordSeparator('\n').get());
      this.names = columns.stream().flatMap(c -> c.flat().stream()).toList();
    }

    void names() throws IOException {
      print("file", names, "error");
    }

    @Override
    public void answer(String picture, Answer answer) throws IOException {
      List<Object> flat = new ArrayList<>();
      for (Object cell : answer.cells()) {
        if (cell instanceof float[] numbers) {
          for (float number : numbers) {
            flat.add(number);
          }
        } else {
          flat.add(cell);
        }
      }
      print(picture, flat, "");
    }

    @Override
    public void error(String picture, String message) throws IOException {
      print(picture, Collections.nCopies(names.size(), ""), message);
    }

    private void print(String picture, List<?> cells, String error) throws IOException {
      List<Object> row = new ArrayList<>(cells.size() + 2);
      row.add(picture);
      row.addAll(cells);
      row.add(error);
      csv.printRecord(row);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }

  /** Rows of a JSON Lines file. */
  record JsonRows(Writer out) implements Rows {
    @Override
    public void answer(String picture, Answer answer) throws IOException {
      write(picture, answer.json());
    }

    @Override
    public void error(String picture, String message) throws IOException {
      write(picture, Map.of("error", message));
    }

    private void write(String picture, Map<String, ?> facts) throws IOException {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("file", picture);
      row.putAll(facts);
      out.write(Json.text(row) + "\n");
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}

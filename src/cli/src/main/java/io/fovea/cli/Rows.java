package io.fovea.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** Where answers are written, one row a picture. */
interface Rows {
  void answer(Path file, Answers.Answer answer) throws IOException;

  void error(Path file, String message) throws IOException;

  /** CSV as RFC 4180 has it: file, the answer's columns, error. */
  static Rows csv(Writer out, List<String> columns) throws IOException {
    CSVPrinter csv =
        new CSVPrinter(out, CSVFormat.RFC4180.builder().setRecordSeparator('\n').get());
    csv.printRecord(row("file", columns, "error"));
    return new Rows() {
      @Override
      public void answer(Path file, Answers.Answer answer) throws IOException {
        csv.printRecord(row(file, answer.cells(), ""));
      }

      @Override
      public void error(Path file, String message) throws IOException {
        csv.printRecord(row(file, Collections.nCopies(columns.size(), ""), message));
      }
    };
  }

  private static List<Object> row(Object file, List<?> cells, String error) {
    List<Object> row = new ArrayList<>(List.of(file));
    row.addAll(cells);
    row.add(error);
    return row;
  }

  /** JSON Lines: an object a picture, with its answer or its error. */
  static Rows jsonLines(Writer out) {
    return new Rows() {
      @Override
      public void answer(Path file, Answers.Answer answer) throws IOException {
        write(file, answer.json());
      }

      @Override
      public void error(Path file, String message) throws IOException {
        write(file, Map.of("error", message));
      }

      private void write(Path file, Map<String, ?> facts) throws IOException {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("file", file.toString());
        row.putAll(facts);
        out.write(Json.text(row) + "\n");
      }
    };
  }
}

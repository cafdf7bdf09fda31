package io.fovea.cli;

import io.fovea.runtime.Scores.Score;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** CSV as RFC 4180 has it: file, label and probability for each rank, error. */
final class CsvRows implements Rows {
  private final CSVPrinter out;
  private final int columns;

  CsvRows(Writer out, int columns) throws IOException {
    this.out = new CSVPrinter(out, CSVFormat.RFC4180.builder().setRecordSeparator('\n').get());
    this.columns = columns;
    List<Object> header = new ArrayList<>(List.of("file"));
    for (int k = 1; k <= columns; k++) {
      header.add(columns == 1 ? "label" : "label" + k);
      header.add(columns == 1 ? "probability" : "probability" + k);
    }
    header.add("error");
    this.out.printRecord(header);
  }

  @Override
  public void scores(Path file, List<Score> scores) throws IOException {
    List<Object> row = new ArrayList<>(List.of(file));
    for (Score s : scores) {
      row.add(s.label());
      row.add(s.probability());
    }
    row.add("");
    out.printRecord(row);
  }

  @Override
  public void error(Path file, String message) throws IOException {
    List<Object> row = new ArrayList<>(List.of(file));
    for (int k = 0; k < 2 * columns; k++) {
      row.add("");
    }
    row.add(message);
    out.printRecord(row);
  }
}

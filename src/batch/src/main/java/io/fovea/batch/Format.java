package io.fovea.batch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Formats of files of rows. */
enum Format {
  /** With a first line of names, which its parts do not have. */
  CSV {
    @Override
    Rows part(Writer out, List<Column> columns) throws IOException {
      return new Rows.CsvRows(out, columns);
    }

    @Override
    void merge(List<Part> parts, List<Column> columns, Map<String, String> facts, OutputStream out)
        throws IOException {
      Writer head = new OutputStreamWriter(out, StandardCharsets.UTF_8);
      Rows.csv(head, columns).flush();
      JSON_LINES.merge(parts, columns, facts, out);
    }
  },

  JSON_LINES {
    @Override
    Rows part(Writer out, List<Column> columns) {
      return Rows.jsonLines(out);
    }

    @Override
    void merge(List<Part> parts, List<Column> columns, Map<String, String> facts, OutputStream out)
        throws IOException {
      for (Part part : parts) {
        try (InputStream rows = part.rows()) {
          rows.transferTo(out);
        }
      }
    }
  },

  /** Its parts are lines of cells, so that it gets row groups of a good size. */
  PARQUET {
    @Override
    Rows part(Writer out, List<Column> columns) {
      return new CellRows(out, columns);
    }

    @Override
    void merge(List<Part> parts, List<Column> columns, Map<String, String> facts, OutputStream out)
        throws IOException {
      try (ParquetRows file = new ParquetRows(out, columns, facts)) {
        for (Part part : parts) {
          try (BufferedReader lines =
              new BufferedReader(new InputStreamReader(part.rows(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
              file.write(CellRows.read(line, columns));
            }
          }
        }
      }
    }
  };

  /** The format that a file's name says. */
  static Format of(Path file) {
    String name = String.valueOf(file.getFileName());
    if (name.endsWith(".csv")) {
      return CSV;
    }
    if (name.endsWith(".jsonl")) {
      return JSON_LINES;
    }
    if (name.endsWith(".parquet")) {
      return PARQUET;
    }
    throw new BatchException(
        file.toString(), "expected a name that ends in .csv, .jsonl or .parquet");
  }

  /** Rows of a part. */
  abstract Rows part(Writer out, List<Column> columns) throws IOException;

  /** Writes the whole file from its parts. */
  abstract void merge(
      List<Part> parts, List<Column> columns, Map<String, String> facts, OutputStream out)
      throws IOException;
}

package io.fovea.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fovea.batch.Answers.Answer;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows as lines of JSON arrays: picture, the answer's cells, error; null where there is none. */
record CellRows(Writer out, List<Column> columns) implements Rows {
  @Override
  public void answer(String picture, Answer answer) throws IOException {
    write(picture, answer.cells(), null);
  }

  @Override
  public void error(String picture, String message) throws IOException {
    write(picture, Collections.nCopies(columns.size(), null), message);
  }

  private void write(String picture, List<? extends @Nullable Object> cells, @Nullable String error)
      throws IOException {
    List<@Nullable Object> row = new ArrayList<>(cells.size() + 2);
    row.add(picture);
    row.addAll(cells);
    row.add(error);
    out.write(Json.text(row) + "\n");
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  /** The cells of a line as they were, with the picture first and the error last. */
  static @Nullable Object[] read(String line, List<Column> columns) throws JsonProcessingException {
    @Nullable Object[] row = Arrays.copyOf(Json.read(line, Object[].class), columns.size() + 2);
    for (int i = 0; i < columns.size(); i++) {
      Object cell = row[i + 1];
      row[i + 1] = cell == null ? null : typed(cell, columns.get(i).type());
    }
    return row;
  }

  private static Object typed(Object cell, Column.Type type) {
    return switch (type) {
      case TEXT -> cell.toString();
      case INTEGER -> ((Number) cell).longValue();
      case FLOAT -> number(cell);
      case DOUBLE -> cell instanceof Number n ? n.doubleValue() : Double.valueOf(cell.toString());
      case FLOATS -> {
        List<?> all = (List<?>) cell;
        float[] numbers = new float[all.size()];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = number(all.get(i));
        }
        yield numbers;
      }
    };
  }

  /** A number, or the text that JSON has for one that is not finite. */
  private static Float number(Object cell) {
    return cell instanceof Number n ? n.floatValue() : Float.valueOf(cell.toString());
  }
}

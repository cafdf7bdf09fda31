package io.fovea.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A picture of a list: a file, or an entry of an archive.
 *
 * @param source the file, or the archive
 * @param entry its name in the archive; null of a file
 * @param index its number among the archive's pictures
 * @param result the name of what is made of it, below the folder of those; null where nothing is
 * @param error why it cannot be read, where the list already tells
 */
record Item(
    String source,
    @Nullable String entry,
    int index,
    @Nullable String result,
    @Nullable String error) {

  /** What rows call it: its path. */
  String name() {
    return entry == null ? source : source + "/" + entry;
  }

  /** A JSON array, from the left as long as it must be. */
  String line() {
    Object[] all = {source, entry, index == 0 ? null : index, result, error};
    int length = all.length;
    while (all[length - 1] == null) {
      length--;
    }
    return Json.text(Arrays.asList(all).subList(0, length));
  }

  static Item of(String line) throws JsonProcessingException {
    List<@Nullable Object> all = new ArrayList<>(Arrays.asList(Json.read(line, Object[].class)));
    while (all.size() < 5) {
      all.add(null);
    }
    return new Item(
        String.valueOf(all.get(0)),
        (String) all.get(1),
        all.get(2) instanceof Integer i ? i : 0,
        (String) all.get(3),
        (String) all.get(4));
  }
}

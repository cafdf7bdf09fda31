package io.fovea.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the samples of tar archives. Files that follow one another and have the same name up to the
 * first dot are a <a href="https://github.com/webdataset/webdataset">WebDataset</a> sample: a
 * picture, and its class in {@code .cls} (a number from 0), in {@code .json} under {@code "label"}
 * (a number or a name) or in {@code .txt} (a name). Where no sample has any of these, the folders
 * of the pictures are the classes; where none lies in a folder either, pictures have no class. Not
 * thread-safe.
 */
final class TarSamples {
  /** What says the classes, the same in all samples. */
  private enum By {
    NUMBER("class numbers"),
    NAME("class names"),
    FOLDER("folders as classes");

    private final String text;

    By(String text) {
      this.text = text;
    }
  }

  /** A picture before the classes are counted. */
  private record Found(String name, String label, Stored stored) {}

  private static final JsonMapper JSON = new JsonMapper();
  private static final double LARGEST_SHARE_OF_HEAP = 0.6;
  private static final int MOST_CLASSES = 1_000_000;

  private final List<Found> found = new ArrayList<>();
  private final Map<String, String> labels = new HashMap<>(); // one text for all of a class
  private long room = (long) (LARGEST_SHARE_OF_HEAP * Runtime.getRuntime().maxMemory());
  private @Nullable By by;
  private String first = ""; // a sample of that kind, for messages
  private final List<TarDataset.Sample> classless = new ArrayList<>();

  // The sample that is being read.
  private String key = "";
  private final Map<String, Stored> pictures = new HashMap<>(); // by name
  private final Map<String, String> texts = new HashMap<>(); // by ending
  private final List<String> whole =
      new ArrayList<>(); // pictures whose ending follows the first dot

  /** Adds an archive's samples. */
  void add(Path archive, Shard shard) {
    for (String name = shard.next(); name != null; name = shard.next()) {
      int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
      String stem = dot < 0 ? name : name.substring(0, dot);
      String ending = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
      if (!stem.equals(key)) {
        end(archive);
        key = stem;
      }
      if (List.of("cls", "json", "txt").contains(ending)) {
        String text = shard.text();
        if (text != null) {
          texts.put(ending, text);
        }
      } else if (DataFolder.isPicture(name)) {
        room -= shard.held();
        if (room < 0) {
          throw new TrainException(
              archive + ": more than 60 % of the heap (-Xmx); as a plain .tar it is not held");
        }
        if (ending.indexOf('.') < 0) {
          whole.add(name);
        }
        pictures.put(name, shard.stored());
      }
    }
    end(archive);
    key = "";
  }

  private void end(Path archive) {
    String where = archive + "/" + key;
    JsonNode json = json(where, pictures.isEmpty() ? null : texts.get("json")).path("label");
    String cls = texts.get("cls");
    String txt = texts.get("txt");
    if (cls != null || json.isIntegralNumber()) {
      add(archive, By.NUMBER, number(where, cls == null ? json.asText() : cls));
    } else if (json.isTextual() || (json.isMissingNode() && txt != null && by != By.FOLDER)) {
      add(archive, By.NAME, json.isTextual() ? json.asText() : String.valueOf(txt));
    } else if (!json.isMissingNode()) {
      throw new TrainException(
          "%s.json: label: expected a number or a name, met %s".formatted(where, json));
    } else {
      for (String name : pictures.keySet().stream().sorted().toList()) {
        int slash = name.lastIndexOf('/');
        String folder =
            slash < 0 ? "" : name.substring(name.lastIndexOf('/', slash - 1) + 1, slash);
        if (folder.isEmpty() || folder.equals(".")) {
          Stored stored = Objects.requireNonNull(pictures.get(name));
          classless.add(new TarDataset.Sample(archive + "/" + name, -1, stored));
        } else {
          add(archive, name, By.FOLDER, folder);
        }
      }
    }
    pictures.clear();
    texts.clear();
    whole.clear();
  }

  private static JsonNode json(String where, @Nullable String text) {
    try {
      return JSON.readTree(text == null ? "{}" : text);
    } catch (JsonProcessingException e) {
      throw new TrainException(where + ".json: no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String number(String where, String text) {
    try {
      int number = Integer.parseInt(text);
      if (number >= 0 && number < MOST_CLASSES) {
        return Integer.toString(number);
      }
    } catch (NumberFormatException ignored) {
      // reported below
    }
    throw new TrainException(
        "%s: expected a class number from 0 to %d, met '%s'"
            .formatted(where, MOST_CLASSES - 1, text));
  }

  /** Adds the sample, whose class is said beside its picture. */
  private void add(Path archive, By kind, String label) {
    String where = archive + "/" + key;
    if (whole.isEmpty() && !texts.containsKey("cls")) {
      return; // a text that belongs to no picture
    }
    if (whole.size() != 1) {
      throw new TrainException("%s: expected one picture, met %s".formatted(where, whole));
    }
    if (label.isEmpty() || label.indexOf('\n') >= 0) {
      throw new TrainException("%s: expected a class name, met '%s'".formatted(where, label));
    }
    add(archive, whole.get(0), kind, label);
  }

  private void add(Path archive, String name, By kind, String label) {
    Stored stored = Objects.requireNonNull(pictures.get(name));
    String where = archive + "/" + name;
    if (by == null) {
      by = kind;
      first = where;
    } else if (by != kind) {
      throw new TrainException(
          "%s: expected %s as %s has, met %s".formatted(where, by.text, first, kind.text));
    }
    found.add(new Found(where, labels.computeIfAbsent(label, l -> l), stored));
  }

  /**
   * All samples: those of class folders in the order of their classes and names, as folders are
   * read, others in the order of the archives.
   *
   * @param known names of the classes; null to find them
   */
  TarDataset dataset(List<Path> archives, @Nullable List<String> known) {
    String all = archives.size() == 1 ? archives.get(0).toString() : archives.get(0) + ", ...";
    if (by == null && classless.isEmpty()) {
      throw new TrainException(all + ": no pictures");
    }
    if (by == null && (known == null || known.isEmpty())) {
      return new TarDataset(List.of(), classless);
    }
    if (by == null || (by != By.FOLDER && !classless.isEmpty())) {
      throw new TrainException(
          "%s: expected %s, met none"
              .formatted(
                  classless.get(0).name(),
                  by == null
                      ? "a class as what is trained on has"
                      : by.text + " as " + first + " has"));
    }
    List<String> names = known != null ? known : by == By.NUMBER ? numbered(archives) : named(all);
    Map<String, Integer> positions = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      positions.put(by == By.NUMBER ? Integer.toString(i) : names.get(i), i);
    }
    List<TarDataset.Sample> samples = new ArrayList<>(found.size());
    for (Found f : found) {
      Integer position = positions.get(f.label);
      if (position == null) {
        throw new TrainException(
            "%s: is of class '%s', which is none of the %d known ones"
                .formatted(f.name, f.label, names.size()));
      }
      samples.add(new TarDataset.Sample(f.name, position, f.stored));
    }
    if (by == By.FOLDER) {
      samples.sort(
          Comparator.comparingInt(TarDataset.Sample::label).thenComparing(TarDataset.Sample::name));
    }
    return new TarDataset(names, samples);
  }

  private List<String> named(String all) {
    if (by == By.NAME && labels.size() > 2 && labels.size() == found.size()) {
      throw new TrainException(
          all + ": no two pictures share a class; are the .txt files captions?");
    }
    return List.copyOf(new TreeSet<>(labels.keySet()));
  }

  /** The names in {@code labels.txt} beside the archives or their folder, else numbers. */
  private List<String> numbered(List<Path> archives) {
    int count = labels.keySet().stream().mapToInt(Integer::parseInt).max().orElse(0) + 1;
    Path beside = archives.get(0).toAbsolutePath().resolveSibling("labels.txt");
    List<String> names = DataFolder.names(beside);
    if (names.isEmpty()) {
      names = DataFolder.names(beside.resolveSibling("../labels.txt"));
    }
    return names.isEmpty() ? IntStream.range(0, count).mapToObj(Integer::toString).toList() : names;
  }
}

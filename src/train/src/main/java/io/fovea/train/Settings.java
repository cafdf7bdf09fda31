package io.fovea.train;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Some of a recipe's settings, as a file or a command line gives them. Immutable.
 *
 * <p>A recipe file is YAML 1.2: one mapping of {@link Setting} keys to numbers, words, true or
 * false, or lists of these. What is not given stays as it was; but whoever names another optimizer,
 * schedule or auto-augment gets all of its usual settings.
 */
public final class Settings {
  private static final List<Setting> CHOOSERS =
      List.of(Setting.OPTIMIZER, Setting.SCHEDULE, Setting.AUTO_AUGMENT);
  private static final int LONGEST_FILE = 100_000;
  private static final int SHORT = 5; // words that many lines have
  private static final Set<Tag> PLAIN = Set.of(Tag.INT, Tag.FLOAT, Tag.BOOL);

  /** A value, and where it was given. */
  private record Given(Object value, String where) {}

  private final Map<Setting, Given> given;

  private Settings(Map<Setting, Given> given) {
    this.given = given;
  }

  public static Settings none() {
    return new Settings(Map.of());
  }

  /**
   * What a recipe file gives.
   *
   * @throws TrainException naming file, line and key of what does not fit
   */
  public static Settings read(Path file) {
    LoadSettings safe =
        LoadSettings.builder()
            .setLabel(file.toString())
            .setSchema(new CoreSchema())
            .setCodePointLimit(LONGEST_FILE)
            .build();
    try (InputStream in = Files.newInputStream(file)) {
      Optional<Node> root = new Compose(safe).composeInputStream(in);
      return root.isEmpty() ? none() : of(file, root.get());
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(m -> ":" + (m.getLine() + 1)).orElse("");
      throw new TrainException(file + line + ": not YAML: " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new TrainException(file + ": not YAML: " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw new TrainException(file + ": no such file", e);
    } catch (IOException e) {
      throw new TrainException(file + ": cannot be read: " + e, e);
    }
  }

  private static Settings of(Path file, Node root) {
    if (!(root instanceof MappingNode mapping)) {
      throw new TrainException(
          at(file, root) + ": expected settings such as 'epochs: 10', met " + shown(root));
    }
    Map<Setting, Given> all = new EnumMap<>(Setting.class);
    for (NodeTuple entry : mapping.getValue()) {
      String key = shown(entry.getKeyNode());
      String where = at(file, entry.getKeyNode()) + ": " + key;
      Setting setting = Setting.of(key).orElseThrow(() -> new TrainException(unknown(where, key)));
      Object value = value(setting, entry.getValueNode(), where);
      if (all.put(setting, new Given(value, where)) != null) {
        throw new TrainException(where + ": expected once, met twice");
      }
    }
    return new Settings(all);
  }

  private static String unknown(String where, String key) {
    String joined = key.replaceAll("[-_]", "");
    List<String> near =
        keys(s -> s.key().replace("-", "").startsWith(joined) || key.contains(s.key()));
    if (near.isEmpty() && joined.length() > SHORT) { // learning-rate
      near = keys(s -> s.about().contains(key.replaceAll("[-_]", " ")));
    }
    return where
        + ": no such setting; "
        + (near.isEmpty()
            ? "'fovea train --help' lists them"
            : "there is " + String.join(", ", near));
  }

  private static List<String> keys(Predicate<Setting> wanted) {
    return Arrays.stream(Setting.values()).filter(wanted).map(Setting::key).toList();
  }

  private static Object value(Setting setting, Node node, String where) {
    if (node instanceof SequenceNode sequence && setting.isList()) {
      List<String> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        items.add(text(setting, item, setting.isTextual(), where));
      }
      return items.isEmpty() ? List.of() : setting.parse(items, where);
    }
    String text = text(setting, node, setting.isTextual() || setting.isList(), where);
    if (setting.isList() && !setting.words().contains(text)) {
      throw setting.refused(where, text);
    }
    return setting.parse(List.of(text), where);
  }

  /** A scalar's text: quoted or a word where the setting is textual, else a number or true. */
  private static String text(Setting setting, Node node, boolean textual, String where) {
    Set<Tag> tags = textual ? Set.of(Tag.STR) : PLAIN;
    if (node instanceof ScalarNode scalar && tags.contains(scalar.getTag())) {
      return scalar.getValue();
    }
    throw setting.refused(where, shown(node));
  }

  private static String at(Path file, Node node) {
    return file + node.getStartMark().map(m -> ":" + (m.getLine() + 1)).orElse("");
  }

  private static String shown(Node node) {
    if (node instanceof ScalarNode scalar) {
      String text = scalar.getValue();
      return text.isEmpty() ? "nothing" : scalar.isPlain() ? text : "'" + text + "'";
    }
    return node instanceof SequenceNode ? "a list" : "a mapping";
  }

  /**
   * The same and one more, which replaces what it was.
   *
   * @param texts one, or a list's items
   * @param where what messages call it, such as {@code --lr}
   */
  public Settings with(Setting setting, List<String> texts, String where) {
    Map<Setting, Given> all = new EnumMap<>(Setting.class);
    all.putAll(given);
    all.put(setting, new Given(setting.parse(texts, where), where));
    return new Settings(all);
  }

  /**
   * These, and those of another source before them. Its optimizer, schedule or auto-augment, where
   * it is another one, takes the place of all of its settings here.
   */
  public Settings then(Settings later) {
    Map<Setting, Given> all = new EnumMap<>(Setting.class);
    all.putAll(given);
    for (Setting chooser : CHOOSERS) {
      Given before = given.get(chooser);
      Given now = later.given.get(chooser);
      if (now != null && (before == null || !now.value.equals(before.value))) {
        all.keySet().removeIf(s -> s == chooser || s.chooser() == chooser);
      }
    }
    all.putAll(later.given);
    return new Settings(all);
  }

  /** The seed; null where none is given. */
  public @Nullable Long seed() {
    Given seed = given.get(Setting.SEED);
    return seed == null ? null : (Long) seed.value;
  }

  /**
   * A recipe with these settings.
   *
   * @throws TrainException where one is not of the recipe's optimizer, schedule or auto-augment
   */
  public Recipe over(Recipe usual) {
    Map<Setting, Object> all = RecipeFacts.of(usual);
    CHOOSERS.forEach(chooser -> choose(chooser, all));
    given.forEach(
        (setting, g) -> {
          Setting chooser = setting.chooser();
          if (chooser != null && !all.containsKey(setting)) {
            throw new TrainException(
                "%s: not a setting of the %s %s"
                    .formatted(g.where, chooser.key(), all.get(chooser)));
          }
          all.put(setting, g.value);
        });
    try {
      return RecipeFacts.recipe(all);
    } catch (TrainException e) {
      throw new TrainException("recipe: " + e.getMessage(), e);
    }
  }

  /** Has the usual settings of another choice take the place of those there are. */
  private void choose(Setting chooser, Map<Setting, Object> all) {
    Given chosen = given.get(chooser);
    if (chosen != null && !chosen.value.equals(all.get(chooser))) {
      String before = String.valueOf(all.get(chooser));
      RecipeFacts.usual(chooser, before).keySet().forEach(all::remove);
      all.putAll(RecipeFacts.usual(chooser, (String) chosen.value));
    }
  }

  /** Settings as a recipe file. */
  static String yaml(Map<String, Object> facts) {
    Map<String, Object> plain = new LinkedHashMap<>();
    facts.forEach((key, value) -> plain.put(key, plain(value)));
    DumpSettings form =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.AUTO)
            .setSchema(new CoreSchema())
            .setDereferenceAliases(true)
            .build();
    return new Dump(form).dumpToString(plain);
  }

  /** 0.0005, not 5.0E-4. */
  private static Object plain(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().map(Settings::plain).toList();
    }
    if (!(value instanceof Double d)) {
      return value;
    }
    BigDecimal number = new BigDecimal(d.toString()).stripTrailingZeros();
    return number.scale() < 1 ? number.setScale(1) : number;
  }
}

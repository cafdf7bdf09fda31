package io.fovea.cli;

import io.fovea.train.Setting;
import io.fovea.train.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A recipe file, and an option for each of its settings. */
final class RecipeOptions {
  private final List<OptionSpec> options = new ArrayList<>();

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = {
        "a YAML file of settings, named as the options under the headings below, which win over",
        "it; the recipe in effect is shown at the start and stored in the model"
      })
  @Nullable Path file;

  @Option(names = "--no-flip", description = "as --flip never (digits, text, values)")
  boolean noFlip;

  @Option(names = "--alternate-flip", description = "as --flip alternate")
  boolean alternateFlip;

  @Spec(Spec.Target.MIXEE)
  void addTo(CommandSpec command) {
    for (Setting.Part part : Setting.Part.values()) {
      ArgGroupSpec.Builder group =
          ArgGroupSpec.builder().validate(false).heading("%n" + part.title() + "%n");
      for (Setting setting : Setting.values()) {
        if (setting.part() == part && setting != Setting.SEED) { // which is the new graph's too
          OptionSpec option = option(setting);
          options.add(option);
          group.addArg(option);
        }
      }
      command.addArgGroup(group.build());
    }
  }

  private static OptionSpec option(Setting setting) {
    OptionSpec.Builder option =
        OptionSpec.builder(name(setting)).description(setting.about()).required(false);
    if (setting.isYesOrNo()) {
      return option.type(Boolean.class).arity("0").negatable(true).build();
    }
    if (!setting.words().isEmpty()) {
      option.completionCandidates(setting.words());
    }
    if (setting.isList()) {
      option.type(List.class).auxiliaryTypes(String.class).paramLabel(label(setting));
      return setting.isAnyText()
          ? option.build()
          : option.splitRegex(",").hideParamSyntax(true).build();
    }
    return option.type(String.class).paramLabel(label(setting)).build();
  }

  private static String label(Setting setting) {
    if (setting == Setting.LOSS) {
      return "TERM+...";
    }
    String value = setting.isAnyText() ? "PATTERN" : setting.isList() ? "N,..." : "N";
    String words = String.join("|", setting.words());
    return words.isEmpty() ? value : setting.isList() ? words + "|" + value : words;
  }

  private static String name(Setting setting) {
    return "--" + setting.key();
  }

  /** What the file says, and the options, which win. */
  Settings settings(@Nullable Long seed) {
    Settings all = file == null ? Settings.none() : Settings.read(file);
    Settings line = Settings.none();
    for (Setting setting : Setting.values()) {
      Object value = value(setting);
      if (value != null) {
        List<String> texts =
            (value instanceof List<?> list ? list : List.of(value))
                .stream().map(String::valueOf).toList();
        line = line.with(setting, texts, name(setting));
      }
    }
    if (noFlip || alternateFlip) {
      if (noFlip && alternateFlip) {
        throw new Fovea.UserException("--no-flip and --alternate-flip contradict each other");
      }
      line = line.with(Setting.FLIP, List.of(noFlip ? "never" : "alternate"), "--flip");
    }
    if (seed != null) {
      line = line.with(Setting.SEED, List.of(seed.toString()), name(Setting.SEED));
    }
    return all.then(line);
  }

  private @Nullable Object value(Setting setting) {
    for (OptionSpec option : options) {
      if (option.longestName().equals(name(setting))) {
        return option.getValue();
      }
    }
    return null;
  }
}

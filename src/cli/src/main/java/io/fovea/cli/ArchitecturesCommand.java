package io.fovea.cli;

import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Cost;
import io.fovea.onnx.Dim;
import io.fovea.onnx.Model;
import io.fovea.onnx.ReceptiveField;
import io.fovea.train.Roles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "architectures",
    description = {
      "Lists what can be built; with a name, its stages.",
      "Multiply-adds are those of convolutions and matrix products, for one picture of the paper's"
          + " size. The field is how many pixels in height and width one place of the last feature"
          + " map (before a global pool) sees at most through convolutions, pools and resizes; global pools"
          + " and attention, which see the whole picture, are not counted."
    })
final class ArchitecturesCommand implements Callable<Integer> {
  private static final int WIDE = 116; // a line with where the paper is

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "one architecture")
  @Nullable String name;

  @Option(names = "--layers", description = "with a name: every node instead of stages")
  boolean layers;

  @Option(names = "--svg", paramLabel = "FILE", description = "with a name: draws the graph")
  @Nullable Path svg;

  @Option(names = "--json", description = "one JSON object, or one a line")
  boolean json;

  @Spec CommandSpec spec = CommandSpec.create();

  /** An architecture as the paper has it, measured. */
  private record Measured(
      Architecture architecture,
      Model model,
      Roles roles,
      Cost cost,
      @Nullable ReceptiveField field) {
    static Measured of(Architecture a) {
      Model model = a.outline(Options.defaults());
      return new Measured(
          a,
          model,
          Roles.of(model.graph()),
          Cost.of(model, a.size(), a.size()),
          ReceptiveField.of(model, a.size(), a.size()));
    }

    long parameters() {
      return InspectCommand.parameters(model);
    }

    String fieldText() {
      return field == null
          ? "-"
          : field.height() == field.width()
              ? "" + field.height()
              : field.height() + "x" + field.width();
    }

    Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("name", architecture.name());
      facts.put("paper", architecture.paper());
      facts.put("task", task(architecture));
      facts.put("channels", architecture.channels());
      boolean paints = architecture.paints();
      facts.put(paints ? "outputChannels" : "classes", architecture.classes());
      facts.put("size", architecture.size());
      facts.put("smallest", architecture.smallest());
      facts.put("parameters", parameters());
      facts.put("multiplyAdds", cost.multiplyAdds());
      facts.put("receptiveField", field == null ? null : List.of(field.height(), field.width()));
      return facts;
    }
  }

  @Override
  public Integer call() throws IOException {
    if (name != null) {
      describe(Measured.of(Architectures.named(name)));
    } else if (layers || svg != null) {
      throw new Fovea.UserException("--layers and --svg are of one architecture: give its name");
    } else {
      list();
    }
    return 0;
  }

  private void list() {
    List<Architecture> all = Architectures.all();
    if (json) {
      all.forEach(a -> System.out.println(Json.text(Measured.of(a).facts())));
      return;
    }
    boolean wide = width() >= WIDE;
    Table table =
        new Table("<name", ">parameters", ">mult-adds", ">field", ">size", ">least", "<paper");
    for (Architecture a : all) {
      Measured m = Measured.of(a);
      table.row(
          a.name(),
          "%,d".formatted(m.parameters()),
          Table.counted(m.cost.multiplyAdds()),
          m.fieldText(),
          "" + a.size(),
          "" + a.smallest(),
          wide ? a.paper() : a.paper().replaceFirst(",.*", ""));
    }
    table.print(width());
  }

  /** Of the terminal, in characters; no limit where there is none. */
  private int width() {
    return System.console() == null
        ? Integer.MAX_VALUE
        : spec.usageMessage().autoWidth(true).width();
  }

  private void describe(Measured m) throws IOException {
    if (svg != null) {
      GraphSvg.write(svg, m.architecture.name(), m.model, m.cost);
    }
    Set<String> parameters = Set.copyOf(m.roles.parameters());
    List<Stages.Stage> rows =
        layers
            ? Stages.layers(m.model, parameters, m.cost)
            : Stages.of(m.model, parameters, m.cost);
    if (json) {
      Map<String, Object> facts = m.facts();
      facts.put(
          layers ? "layers" : "stages", rows.stream().map(ArchitecturesCommand::facts).toList());
      System.out.println(Json.text(facts));
      return;
    }
    Architecture a = m.architecture;
    System.out.printf("%s: %s, %s%n", a.name(), task(a), a.paper());
    System.out.printf(
        "%,d parameters, %s multiply-adds at %dx%d, sees %s pixels, takes %dx%d and more%n%n",
        m.parameters(),
        Table.counted(m.cost.multiplyAdds()),
        a.size(),
        a.size(),
        m.fieldText(),
        a.smallest(),
        a.smallest());
    Table table =
        new Table(
            layers ? "<layer" : "<stage", "<output", ">parameters", ">mult-adds", "<operators");
    for (Stages.Stage s : rows) {
      table.row(
          s.name(),
          s.shape(),
          s.parameters() == 0 ? "" : "%,d".formatted(s.parameters()),
          s.multiplyAdds() == 0 ? "" : Table.counted(s.multiplyAdds()),
          s.operatorText());
    }
    table.print(width());
    if (svg != null) {
      System.out.printf("%n%s: written%n", svg);
    }
  }

  private static Map<String, Object> facts(Stages.Stage s) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("name", s.name());
    facts.put("operators", s.operators());
    List<Dim> output = s.output();
    facts.put(
        "output", output == null ? null : output.stream().map(ArchitecturesCommand::size).toList());
    facts.put("parameters", s.parameters());
    facts.put("multiplyAdds", s.multiplyAdds());
    return facts;
  }

  private static Object size(Dim dim) {
    return dim.isKnown() ? (Object) dim.size() : dim.toString();
  }

  private static String task(Architecture a) {
    return a.task().name().toLowerCase(Locale.ROOT);
  }
}

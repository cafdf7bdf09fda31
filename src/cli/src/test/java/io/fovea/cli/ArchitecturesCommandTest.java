package io.fovea.cli;

import static io.fovea.cli.CommandRun.fovea;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fovea.converters.Architecture;
import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.Cost;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** What is told of architectures: figures of their papers, stages and pictures. */
class ArchitecturesCommandTest {
  @TempDir Path folder;

  private static JsonNode json(Object... args) throws IOException {
    CommandRun run = fovea(args);
    assertEquals(0, run.status(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18, 1814073344, 435",
    "resnet50, 4089184256, 427",
    "mobilenet_v2, 300774272, 491",
    "convnext_tiny, 4455531264, 1688",
    "resnet20, 40551040, 81",
    "resnet9, 379261952, 64",
    "airbench94, 118147360, 51"
  })
  void countsAsPapersDo(String name, long multiplyAdds, long field) throws IOException {
    JsonNode facts = json("architectures", name, "--json");
    assertEquals(multiplyAdds, facts.get("multiplyAdds").asLong());
    assertEquals(field, facts.get("receptiveField").get(0).asLong());
    assertEquals(field, facts.get("receptiveField").get(1).asLong());
  }

  @ParameterizedTest
  @CsvSource({"stages, ''", "layers, --layers"})
  void rowsAddUpToTheWhole(String rows, String option) throws IOException {
    for (Architecture a : Architectures.all()) {
      List<Object> line = new ArrayList<>(List.of("architectures", a.name(), "--json"));
      if (!option.isEmpty()) {
        line.add(option);
      }
      JsonNode facts = json(line.toArray());
      long parameters = 0;
      long products = 0;
      for (JsonNode row : facts.get(rows)) {
        parameters += row.get("parameters").asLong();
        products += row.get("multiplyAdds").asLong();
      }
      assertEquals(facts.get("parameters").asLong(), parameters, a.name());
      assertEquals(facts.get("multiplyAdds").asLong(), products, a.name());
    }
  }

  @Test
  void drawsThePapersTable() {
    String table = fovea("architectures", "resnet50").out();
    assertTrue(table.contains("4.09 G multiply-adds at 224x224, sees 427 pixels"), table);
    assertTrue(
        table.contains("layer2       512x28x28    1,219,584     1.03 G  13 Conv")
            || table.contains("layer2      512x28x28    1,219,584     1.03 G  13 Conv"),
        table);
    assertTrue(table.lines().count() < 14, table);
  }

  @Test
  void listsAllAtOnceAsNothingIsDrawn() {
    CommandRun run = assertTimeout(Duration.ofSeconds(20), () -> fovea("architectures"));
    assertEquals(Architectures.all().size() + 1, run.out().lines().count());
  }

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void drawsEveryArchitectureWithoutBoxesOnEachOther() throws Exception {
    for (Architecture a : Architectures.all()) {
      Model model = a.outline(Options.defaults());
      String svg = GraphSvg.text(a.name(), model, Cost.of(model, a.size(), a.size()));
      Element root = parsed(svg).getDocumentElement();
      int width = Integer.parseInt(root.getAttribute("width"));
      assertTrue(width < 3000, a.name() + ": " + width);
      Set<String> places = new TreeSet<>();
      var boxes = root.getElementsByTagName("g");
      for (int i = 1; i < boxes.getLength(); i++) { // the first moves all
        Element box = (Element) boxes.item(i);
        assertEquals("n" + (i - 1), box.getAttribute("id"));
        Element rect = (Element) box.getElementsByTagName("rect").item(0);
        int x = Integer.parseInt(rect.getAttribute("x"));
        assertTrue(x >= 0 && x + GraphLayout.BOX_WIDTH < width, a.name() + ": " + x);
        assertTrue(places.add(x + "," + rect.getAttribute("y")), a.name());
      }
      assertTrue(boxes.getLength() > 5, a.name());
    }
  }

  @Test
  void writesThePictureOfAnArchitectureAndOfAFile() throws Exception {
    Path svg = folder.resolve("a.svg");
    assertEquals(0, fovea("architectures", "lenet5", "--svg", svg).status());
    String text = Files.readString(svg);
    assertTrue(text.contains("Conv 5x5") && text.contains("1x16x10x10"), text);
    Path file = folder.resolve("net.onnx");
    assertEquals(0, fovea("new", "lenet5", "-o", file).status());
    Path second = folder.resolve("b.svg");
    JsonNode facts = json("inspect", file, "--svg", second, "--size", 32, "--json");
    assertEquals(416_520, facts.get("multiplyAdds").asLong());
    assertTrue(Files.readString(second).contains("1x16x10x10"));
    assertFalse(json("inspect", file, "--json").has("multiplyAdds"));
  }

  @Test
  void namesOfAnyCharactersStayText() throws Exception {
    GraphBuilder g = new GraphBuilder("odd", 17);
    Value x = g.input("x<&>\"\u0001", DataType.FLOAT, Dim.of(1), Dim.of(2));
    g.output(g.node("LeakyRelu", "]]><b>&amp;", List.of(x), Attribute.of("alpha", 0.5f)));
    Model model = g.build();
    Document drawn = parsed(GraphSvg.text("<odd>", model, Cost.of(model, Map.of())));
    assertEquals("<odd>", drawn.getElementsByTagName("title").item(0).getTextContent());
    assertTrue(drawn.getDocumentElement().getTextContent().contains("]]><b>&amp;"));
  }

  @Test
  void boundsTheWidthOfAGraphWithManyBranches() throws Exception {
    GraphBuilder g = new GraphBuilder("wide", 17);
    Value x = g.input("x", DataType.FLOAT, Dim.of(1), Dim.of(2));
    List<Value> branches = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      branches.add(g.node("Relu", "r" + i, List.of(x)));
    }
    g.output(g.node("Sum", "sum", branches));
    Model model = g.build();
    Element root =
        parsed(GraphSvg.text("wide", model, Cost.of(model, Map.of()))).getDocumentElement();
    assertTrue(Integer.parseInt(root.getAttribute("width")) < 6000, root.getAttribute("width"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "architectures --layers | --layers and --svg are of one architecture",
        "architectures --svg x.svg | --layers and --svg are of one architecture",
        "architectures resnet19 --svg x.svg | no architecture 'resnet19'"
      })
  void refusesWhatNeedsAName(String line, String message) {
    CommandRun run = fovea((Object[]) line.split(" "));
    assertEquals(2, run.status());
    assertTrue(run.err().contains(message), run.err());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "999, 999", "1000, 1.00 k", "99949, 99.9 k", "4089184256, 4.09 G", "-1, ?"})
  void writesLargeNumbersShort(long n, String text) {
    assertEquals(text, Table.counted(n));
  }
}

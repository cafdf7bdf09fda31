package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fovea.image.Picture;
import io.fovea.onnx.Attribute;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures of noise. */
class GenerationTest {
  /** From noise {@code [batch, 12, 1, 1]} to {@code [batch, 3, 2, 2]}: a sample for each number. */
  private static Model generator(Dim batch, Dim channels) {
    GraphBuilder g = new GraphBuilder("generator", 17);
    Dim h = Dim.of("height");
    Value x = g.input("noise", DataType.FLOAT, batch, channels, h, Dim.of("width"));
    Attribute block = Attribute.of("blocksize", 2);
    Value y = g.node("DepthToSpace", "shuffle", List.of(x), block, Attribute.of("mode", "CRD"));
    g.output(y);
    return g.build();
  }

  private static PictureTransformer of(Model model, Task.Kind kind) {
    Model said = Nets.with(model, kind, Task.Output.VALUES);
    return PictureTransformer.of(Nets.load(said), null, null);
  }

  private static PictureTransformer generator(Dim batch) {
    return of(generator(batch, Dim.of(12)), Task.Kind.GENERATION);
  }

  @Test
  void aSeedGivesItsPictureAloneAndAmongOthers() {
    for (Dim batch : List.of(Dim.of("batch"), Dim.of(4))) {
      try (PictureTransformer t = generator(batch)) {
        assertTrue(t.generates());
        List<Picture> many = t.generate(70, 5);
        assertEquals(70, many.size());
        assertEquals("2x2 RGB", many.get(0).toString());
        for (int i : new int[] {0, 3, 31, 32, 69}) {
          assertArrayEquals(many.get(i).pixels(), t.generate(1, 5 + i).get(0).pixels(), "" + i);
        }
        assertFalse(java.util.Arrays.equals(many.get(0).pixels(), many.get(1).pixels()));
        assertEquals(List.of(), t.generate(0, 5));
      }
    }
  }

  @Test
  void threadsGetTheirOwnPictures() {
    try (PictureTransformer t = generator(Dim.of("batch"))) {
      List<byte[]> wanted = t.generate(64, 0).stream().map(Picture::pixels).toList();
      IntStream.range(0, 400)
          .parallel()
          .forEach(
              i -> {
                int first = i % 60;
                List<Picture> made = t.generate(1 + i % 4, first);
                for (int k = 0; k < made.size(); k++) {
                  assertArrayEquals(wanted.get(first + k), made.get(k).pixels(), "" + i);
                }
              });
    }
  }

  @Test
  void noiseIsStandardNormalInTheRangeOfTheFile() {
    try (PictureTransformer t = generator(Dim.of("batch"))) {
      assertEquals(new Task.Range(-1, 1), t.range());
      int dark = 0;
      int clipped = 0;
      List<Picture> made = t.generate(1000, 0);
      for (Picture p : made) {
        for (byte level : p.pixels()) {
          dark += (level & 255) < 128 ? 1 : 0;
          clipped += level == 0 || (level & 255) == 255 ? 1 : 0;
        }
      }
      assertEquals(0.5, dark / 12_000.0, 0.02, "half of the numbers are below 0");
      assertEquals(0.317, clipped / 12_000.0, 0.02, "a third is beyond one deviation");
    }
  }

  @Test
  void saysWhatAModelIsFedInstead() {
    Picture picture = Picture.of(1, 1, 3, new byte[3]);
    try (PictureTransformer t = generator(Dim.of("batch"))) {
      String message = "small: takes noise [any, 12, any, any], not pictures: generate them;";
      for (var asked :
          List.<org.junit.jupiter.api.function.Executable>of(
              () -> t.transform(picture),
              () -> t.fed(picture),
              () -> t.averaging(Averaging.flips()),
              () -> t.tiled(new io.fovea.image.Step.Tiles(8, 8, 0)))) {
        String met = assertThrows(ScoringException.class, asked).getMessage();
        assertTrue(met.startsWith(message), met);
      }
    }
    Model same = Nets.net(Nets::strongest);
    try (PictureTransformer t =
        PictureTransformer.of(Nets.load(same), io.fovea.image.Preprocessing.named("raw"), null)) {
      assertFalse(t.generates());
      String met = assertThrows(ScoringException.class, () -> t.generate(1, 0)).getMessage();
      assertTrue(met.startsWith("small: takes pictures, not noise: transform them"), met);
    }
    Model open = generator(Dim.of("batch"), Dim.of("channels"));
    try (PictureTransformer t = of(open, Task.Kind.GENERATION)) {
      String met = assertThrows(ScoringException.class, () -> t.generate(1, 0)).getMessage();
      assertEquals("small: input: expected a number of channels, met [any, any, any, any]", met);
    }
    Model generator =
        Nets.with(generator(Dim.of(1), Dim.of(12)), Task.Kind.GENERATION, Task.Output.VALUES);
    String other =
        assertThrows(ScoringException.class, () -> Classifier.of(Nets.load(generator), null))
            .getMessage();
    assertEquals("small: expected a model of classification, met one of generation, values", other);
  }
}

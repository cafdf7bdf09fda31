package io.fovea.converters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.fovea.image.Border;
import io.fovea.image.Fill;
import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import io.fovea.image.Resampling;
import io.fovea.image.Step;
import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Letterbox;
import io.fovea.image.Step.LimitPixels;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.PadToMultiple;
import io.fovea.image.Step.Position;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Dim;
import io.fovea.onnx.GraphBuilder;
import io.fovea.onnx.Model;
import io.fovea.onnx.Value;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A model with its steps in the graph gets the numbers of the steps outside, to the bit. */
class EmbeddedPreprocessingTest {
  private static final int[][] SIZES = {{1, 1}, {1, 700}, {500, 37}, {375, 500}, {64, 64}, {3, 2}};

  private static Picture noise(int width, int height) {
    byte[] pixels = new byte[width * height * 3];
    new Random(width * 31L + height).nextBytes(pixels);
    return Picture.of(width, height, 3, pixels);
  }

  /** A net that gives what it takes. */
  private static Model identity(int channels) {
    GraphBuilder g = new GraphBuilder("identity", 17);
    Dim[] shape = {Dim.of("batch"), Dim.of(channels), Dim.of("height"), Dim.of("width")};
    Value x = g.input("input", DataType.FLOAT, shape);
    g.output(g.node("Identity", "output", List.of(x)));
    return g.build();
  }

  private static OrtSession session(Model model) throws OrtException {
    return OrtEnvironment.getEnvironment().createSession(model.toBytes());
  }

  private static float[] run(OrtSession session, Picture... pictures) throws OrtException {
    int w = pictures[0].width();
    int h = pictures[0].height();
    ByteBuffer bytes = ByteBuffer.allocateDirect(pictures.length * w * h * 3);
    for (Picture p : pictures) {
      bytes.put(p.pixels());
    }
    long[] shape = {pictures.length, h, w, 3};
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    String name = session.getInputNames().iterator().next();
    try (OnnxTensor in =
            OnnxTensor.createTensor(environment, bytes.flip(), shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of(name, in))) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] y = new float[values.remaining()];
      values.get(y);
      return y;
    }
  }

  private static float[] outside(Preprocessing steps, Picture picture) {
    Picture prepared = steps.picture(picture);
    float[] values = new float[prepared.pixels().length];
    steps.tensor(prepared, FloatBuffer.wrap(values));
    return values;
  }

  private static void assertSameTensors(Step... steps) throws OrtException {
    Preprocessing p = Preprocessing.of(steps);
    try (OrtSession session = session(EmbeddedPreprocessing.embed(identity(p.channels()), p))) {
      for (int[] size : SIZES) {
        Picture picture = noise(size[0], size[1]);
        float[] wanted = outside(p, picture);
        assertArrayEquals(wanted, run(session, picture), 0, p + " of " + picture);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Resampling.class)
  void everyFilterIsToTheBit(Resampling filter) throws Exception {
    assertSameTensors(new Resize(53, 64, filter));
    assertSameTensors(new ResizeShorter(40, filter), new CenterCrop(37, 41));
  }

  static Stream<List<Step>> steps() {
    List<List<Step>> all = new ArrayList<>();
    all.add(List.of());
    for (String preset : List.of("imagenet", "caffe", "zero-one", "raw")) {
      all.add(Preprocessing.named(preset).steps());
    }
    Fill orange = new Fill(250, 120, 3);
    for (Position position : Position.values()) {
      all.add(List.of(new Letterbox(45, 64, orange, Resampling.BICUBIC, position)));
    }
    for (Border border : Border.values()) {
      all.add(List.of(new PadToMultiple(32, border, orange)));
    }
    Color grey = new Color(Channels.GREY);
    all.add(List.of(grey));
    all.add(List.of(grey, new PadToMultiple(7, Border.CONSTANT, orange)));
    all.add(List.of(new PadToMultiple(7, Border.CONSTANT, orange), grey));
    all.add(List.of(grey, new Resize(28, 28, Resampling.LANCZOS), new Normalize(255, List.of(0.13f), List.of(0.31f))));
    all.add(List.of(new CenterCrop(60, 51)));
    all.add(List.of(new ResizeShorter(33, Resampling.BILINEAR)));
    all.add(List.of(new LimitPixels(5000, Resampling.HAMMING)));
    all.add(List.of(new LimitPixels(1, Resampling.BOX), new CenterCrop(2, 2)));
    all.add(
        List.of(new Letterbox(30, 41, 114, Resampling.BOX), new PadToMultiple(16, Border.REFLECT, orange)));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("steps")
  void everyStepIsToTheBit(List<Step> steps) throws Exception {
    assertSameTensors(steps.toArray(new Step[0]));
  }
}

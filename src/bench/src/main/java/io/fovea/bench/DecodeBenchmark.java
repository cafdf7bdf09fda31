package io.fovea.bench;

import static io.fovea.image.Resampling.BILINEAR;

import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.Pipeline;
import io.fovea.image.Alpha;
import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.image.Preprocessing;
import io.fovea.image.Step;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the bytes of a JPEG to a normalized tensor of 224x224, against the same steps as DJL's
 * documentation writes them. Needs the profile {@code djl}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(value = 1, jvmArgsAppend = "-Dai.djl.offline=true")
public class DecodeBenchmark {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  @Param({"4000x3000", "500x375"})
  String size = "";

  private final Preprocessing whole = steps(false);
  private final Preprocessing reduced = steps(true);
  private final PictureReader reader = whole.reader();
  private final PictureReader reducing = reduced.reader();
  private final PictureReader alone = reader.withoutPlugIns();
  private final FloatBuffer tensor =
      ByteBuffer.allocateDirect(4 * 3 * 224 * 224).order(ByteOrder.nativeOrder()).asFloatBuffer();
  private final Pipeline djl =
      new Pipeline(new Resize(224, 224), new ToTensor(), new Normalize(MEAN, STD));

  private byte[] jpeg = {};
  private NDManager arrays = NDManager.newBaseManager();

  private static Preprocessing steps(boolean reduced) {
    return Preprocessing.of(
        new Step.Decode(Step.Profile.IGNORED, Alpha.DROPPED, reduced),
        new Step.Resize(224, 224, BILINEAR),
        new Step.Normalize(255, list(MEAN), list(STD)));
  }

  private static List<Float> list(float... values) {
    return List.of(values[0], values[1], values[2]);
  }

  @Setup
  public void encode() throws IOException {
    int x = size.indexOf('x');
    int width = Integer.parseInt(size.substring(0, x));
    jpeg = Photo.jpeg(width, Integer.parseInt(size.substring(x + 1)));
  }

  @TearDown
  public void close() {
    arrays.close();
  }

  private FloatBuffer tensor(PictureReader reader, Preprocessing steps) {
    Picture picture = reader.read(jpeg, "jpeg");
    steps.write(picture, tensor.clear());
    return tensor;
  }

  /** With the decoder on the class path. */
  @Benchmark
  public FloatBuffer fovea() {
    return tensor(reader, whole);
  }

  /** The same, decoding no more than the steps need. */
  @Benchmark
  public FloatBuffer foveaReduced() {
    return tensor(reducing, reduced);
  }

  /** With the JDK's decoder. */
  @Benchmark
  public FloatBuffer foveaWithoutPlugIn() {
    return tensor(alone, whole);
  }

  @Benchmark
  public long djl() throws IOException {
    try (NDManager own = arrays.newSubManager()) {
      Image image = ImageFactory.getInstance().fromInputStream(new ByteArrayInputStream(jpeg));
      NDArray out = djl.transform(new NDList(image.toNDArray(own))).singletonOrThrow();
      return out.size();
    }
  }
}

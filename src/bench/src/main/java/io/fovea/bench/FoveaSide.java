package io.fovea.bench;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import io.fovea.image.Preprocessing;
import io.fovea.runtime.Classifier;
import io.fovea.runtime.Device;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Files to scores by a {@link Classifier}, which the workers share. */
final class FoveaSide implements Side, AutoCloseable {
  private final Plan plan;
  private final Classifier classifier;
  private final PictureReader reader;
  private final List<Path> files;
  private final AtomicInteger next = new AtomicInteger();

  FoveaSide(Path net, Preprocessing fed, List<Path> files, Plan plan, boolean plugIns) {
    this.plan = plan;
    this.files = files;
    classifier = Classifier.of(ImageModel.load(net, Device.cpu(), plan.threads()), fed);
    PictureReader own = classifier.preprocessing().reader();
    reader = plugIns ? own : own.withoutPlugIns();
  }

  @Override
  public int step(int worker) {
    List<Picture> pictures = new ArrayList<>(plan.batch());
    while (pictures.size() < plan.batch()) {
      int which = Math.floorMod(next.getAndIncrement(), files.size());
      pictures.add(reader.read(files.get(which)));
    }
    return classifier.score(pictures).size();
  }

  @Override
  public void close() {
    classifier.close();
  }

  /** Arguments: net, folder of pictures, plan, {@code true} for decoders on the class path. */
  public static void main(String[] args) throws Exception {
    Plan plan = Plan.of(args[2]);
    boolean plugIns = Boolean.parseBoolean(args[3]);
    Preprocessing fed = Preprocessing.named("imagenet");
    List<Path> files = Workload.files(Path.of(args[1]));
    try (FoveaSide side = new FoveaSide(Path.of(args[0]), fed, files, plan, plugIns)) {
      Side.serve(versions(plugIns), plan.workers(), side);
    }
  }

  private static String versions(boolean plugIns) throws IOException {
    return "fovea, decoders %s, ONNX Runtime %s"
        .formatted(
            plugIns ? PictureReader.plugIns() : "[]", OnnxRuntime.environment().getVersion());
  }
}

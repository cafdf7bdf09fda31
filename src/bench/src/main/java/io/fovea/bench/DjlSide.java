package io.fovea.bench;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.Resize;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.onnxruntime.OrtEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Files to scores by DJL over its ONNX engine, as its documentation shows: a predictor for each
 * worker, and the translator for pictures. Needs the profile {@code djl}.
 */
final class DjlSide implements Side, AutoCloseable {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  private final Plan plan;
  private final ZooModel<Image, Classifications> model;
  private final List<Predictor<Image, Classifications>> predictors;
  private final List<Path> files;
  private final AtomicInteger next = new AtomicInteger();

  private DjlSide(Path net, int classes, List<Path> files, Plan plan) throws Exception {
    this.plan = plan;
    this.files = files;
    ImageClassificationTranslator translator =
        ImageClassificationTranslator.builder()
            .addTransform(new Resize(256, 256))
            .addTransform(new CenterCrop(224, 224))
            .addTransform(new ToTensor())
            .addTransform(new Normalize(MEAN, STD))
            .optSynset(IntStream.range(0, classes).mapToObj(Integer::toString).toList())
            .optApplySoftmax(true)
            .build();
    Criteria.Builder<Image, Classifications> criteria =
        Criteria.builder()
            .setTypes(Image.class, Classifications.class)
            .optModelPath(net)
            .optEngine("OnnxRuntime")
            .optTranslator(translator);
    if (plan.threads() > 0) {
      criteria
          .optOption("interOpNumThreads", "1") // without it the engine overlooks the other
          .optOption("intraOpNumThreads", Integer.toString(plan.threads()));
    }
    model = criteria.build().loadModel();
    predictors = IntStream.range(0, plan.workers()).mapToObj(w -> model.newPredictor()).toList();
  }

  @Override
  public int step(int worker) throws Exception {
    List<Image> images = new ArrayList<>(plan.batch());
    while (images.size() < plan.batch()) {
      int which = Math.floorMod(next.getAndIncrement(), files.size());
      images.add(ImageFactory.getInstance().fromFile(files.get(which)));
    }
    return predictors.get(worker).batchPredict(images).size();
  }

  @Override
  public void close() {
    predictors.forEach(Predictor::close);
    model.close();
  }

  /** Arguments: net, its classes, folder of pictures, plan. */
  public static void main(String[] args) throws Exception {
    Plan plan = Plan.of(args[3]);
    System.setProperty("ai.djl.offline", "true");
    if (plan.threads() > 0) { // of the arrays that the transforms work on
      System.setProperty("ai.djl.pytorch.num_threads", "1");
      System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    }
    List<Path> files = Workload.files(Path.of(args[2]));
    try (DjlSide side = new DjlSide(Path.of(args[0]), Integer.parseInt(args[1]), files, plan)) {
      Side.serve(versions(), plan.workers(), side);
    }
  }

  private static String versions() {
    return "DJL %s, %s, ONNX Runtime %s"
        .formatted(
            Engine.getDjlVersion(),
            ImageFactory.getInstance().getClass().getSimpleName(),
            OrtEnvironment.getEnvironment().getVersion());
  }
}

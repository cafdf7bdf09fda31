package io.fovea.batch;

import io.fovea.image.PictureReader;
import io.fovea.onnx.WholeFile;
import io.fovea.runtime.ImageModel;
import io.fovea.runtime.OnnxRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run did.
 *
 * @param pictures rows in the end, of earlier starts as well
 * @param scored those with an answer
 * @param failed those with an error
 * @param before rows that earlier starts had written
 * @param seconds of this run, from the listing to the whole file
 * @param facts all of it and more, as {@link #toJson} has it
 */
public record Report(
    long pictures,
    long scored,
    long failed,
    long before,
    double seconds,
    Map<String, Object> facts) {

  /** What one stage took: seconds of all threads together. */
  private static Map<String, Object> stage(long pictures, long nanos) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("threadSeconds", nanos / 1e9);
    facts.put("picturesPerThreadSecond", nanos == 0 ? 0 : pictures / (nanos / 1e9));
    return facts;
  }

  static Report of(
      ImageModel model,
      String sha256,
      int workers,
      int batch,
      Tally tally,
      long before,
      long[] nanos) {
    long pictures = tally.pictures();
    long now = pictures - before;
    double seconds = nanos[0] / 1e9;
    Map<String, Object> stages = new LinkedHashMap<>();
    stages.put("list", stage(pictures, nanos[1]));
    stages.put("read", stage(now, nanos[2]));
    stages.put("score", stage(now, nanos[3]));
    stages.put("write", stage(now, nanos[4]));
    Map<String, Object> versions = new LinkedHashMap<>();
    versions.put("java", System.getProperty("java.version"));
    versions.put("onnxruntime", OnnxRuntime.environment().getVersion());
    versions.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("model", model.name());
    facts.put("modelSha256", sha256);
    facts.put("device", model.device().toString());
    facts.put("deviceReason", model.deviceReason());
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("pictureDecoders", PictureReader.plugIns());
    facts.put("versions", versions);
    facts.put("workers", workers);
    facts.put("batch", batch);
    facts.put("pictures", pictures);
    facts.put("scored", tally.scored());
    facts.put("before", before);
    facts.put("seconds", seconds);
    facts.put("picturesPerSecond", seconds == 0 ? 0 : now / seconds);
    facts.put("stages", stages);
    facts.put("failures", tally.failures());
    return new Report(pictures, tally.scored(), tally.failed(), before, seconds, facts);
  }

  /** The facts on one line. */
  public String toJson() {
    return Json.text(facts);
  }

  /** Writes {@link #toJson}, whole or not at all. */
  public void write(Path file) throws IOException {
    byte[] text = (toJson() + "\n").getBytes(StandardCharsets.UTF_8);
    WholeFile.write(file, out -> out.write(text));
  }
}

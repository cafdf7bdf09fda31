package io.fovea.bench;

import io.fovea.converters.Architectures;
import io.fovea.converters.Options;
import io.fovea.image.Picture;
import io.fovea.image.Resampling;
import io.fovea.onnx.Model;
import io.fovea.train.DeepImagePrior;
import io.fovea.train.DeepImagePrior.Iteration;
import io.fovea.train.DeepImagePrior.Restored;
import io.fovea.train.Similarity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * What the deep image prior takes away of Gaussian noise: photographs of 256x256, sigma 25, clipped
 * and rounded to 8 bits. The clean picture is for the figures alone.
 */
public final class Denoising {
  private static final int SIDE = 256;
  private static final double SIGMA = 25;
  private static final int EVERY = 20;

  private Denoising() {}

  /**
   * Arguments: iterations, width, channels of the noise, learning rate, jitter, average, patience,
   * a folder for the pictures, files. It prints every twentieth iteration's PSNR of what was made,
   * of the average, and their variance, then what the stop gave.
   */
  public static void main(String[] args) throws IOException {
    Options options =
        Options.defaults()
            .withWidth(Double.parseDouble(args[1]))
            .withChannels(Integer.parseInt(args[2]));
    Model net = Architectures.named("dip_skip").model(options);
    DeepImagePrior prior =
        DeepImagePrior.of(net)
            .iterations(Integer.parseInt(args[0]))
            .learningRate(Double.parseDouble(args[3]))
            .jitter(Double.parseDouble(args[4]))
            .average(Double.parseDouble(args[5]))
            .patience(Integer.parseInt(args[6]));
    Path folder = Files.createDirectories(Path.of(args[7]));
    for (String file : List.of(args).subList(8, args.length)) {
      measure(prior, Path.of(file), folder);
    }
  }

  private static void measure(DeepImagePrior prior, Path file, Path folder) {
    Picture clean = square(Picture.read(file).toRgb());
    Picture noisy = noisy(clean, 1);
    long start = System.nanoTime();
    Restored restored = prior.listener(i -> tell(i, clean)).denoise(noisy);
    double seconds = (System.nanoTime() - start) / 1e9;
    double before = Similarity.psnr(clean, noisy);
    double after = Similarity.psnr(clean, restored.picture());
    System.out.printf(
        "%s: noisy %.2f dB, restored %.2f dB (%+.2f), iteration %d of %d, %.0f s%n",
        file.getFileName(),
        before,
        after,
        after - before,
        restored.iteration(),
        restored.iterations(),
        seconds);
    String name = String.valueOf(file.getFileName());
    clean.writePng(folder.resolve(name + ".clean.png"));
    noisy.writePng(folder.resolve(name + ".noisy.png"));
    restored.picture().writePng(folder.resolve(name + ".restored.png"));
  }

  private static void tell(Iteration i, Picture clean) {
    if (i.number() % EVERY == 0) {
      System.out.printf(
          "%d\t%.2f dB\taverage %.2f dB\tvariance %.2e\tloss %.5f%n",
          i.number(),
          Similarity.psnr(clean, i.picture()),
          Similarity.psnr(clean, i.average()),
          i.variance(),
          i.loss());
    }
  }

  private static Picture square(Picture p) {
    int side = Math.min(p.width(), p.height());
    return p.crop((p.width() - side) / 2, (p.height() - side) / 2, side, side)
        .resize(SIDE, SIDE, Resampling.BICUBIC);
  }

  private static Picture noisy(Picture p, long seed) {
    Random random = new Random(seed);
    byte[] out = p.pixels().clone();
    for (int i = 0; i < out.length; i++) {
      double level = (out[i] & 255) + SIGMA * random.nextGaussian();
      out[i] = (byte) Math.round(Math.max(0, Math.min(255, level)));
    }
    return Picture.of(p.width(), p.height(), p.channels(), out);
  }
}

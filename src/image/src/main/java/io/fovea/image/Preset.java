package io.fovea.image;

import static io.fovea.image.Resampling.BILINEAR;

import io.fovea.image.Step.CenterCrop;
import io.fovea.image.Step.Channels;
import io.fovea.image.Step.Color;
import io.fovea.image.Step.Normalize;
import io.fovea.image.Step.Resize;
import io.fovea.image.Step.ResizeShorter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Ways of feeding nets that are so common that they have a name. */
enum Preset {
  CAFFE,
  IMAGENET,
  RAW,
  ZERO_ONE;

  private static final int SIZE = 224;
  private static final int SHORTER = 256; // where the crop is of SIZE

  static Preset named(String name) {
    return Arrays.stream(values())
        .filter(p -> p.text().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new PictureException(
                    "preprocessing",
                    "no preset '%s'; there are %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(Preset::text)
                                .collect(Collectors.joining(", ")))));
  }

  private String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The steps for a net.
   *
   * @param channels that it takes, and its height and width; -1 where any fit
   */
  Preprocessing preprocessing(int channels, int height, int width) {
    boolean fixed = height > 0 && width > 0;
    int h = fixed ? height : SIZE;
    int w = fixed ? width : SIZE;
    return switch (this) {
      case IMAGENET ->
          Preprocessing.of(
              new Color(Channels.RGB),
              new ResizeShorter(Math.round((float) Math.max(h, w) * SHORTER / SIZE), BILINEAR),
              new CenterCrop(h, w),
              new Normalize(255, List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f)));
      case CAFFE ->
          Preprocessing.of(
              new Color(Channels.BGR),
              new Resize(h, w, BILINEAR),
              new Normalize(1, List.of(104f, 117f, 123f), List.of(1f, 1f, 1f)));
      case RAW, ZERO_ONE -> {
        Color color = new Color(channels == 1 ? Channels.GREY : Channels.RGB);
        List<Step> steps = new ArrayList<>(List.of(color));
        if (fixed) {
          steps.add(new Resize(h, w, BILINEAR));
        }
        if (this == ZERO_ONE) {
          int planes = color.channels().count();
          steps.add(
              new Normalize(255, Collections.nCopies(planes, 0f), Collections.nCopies(planes, 1f)));
        }
        yield new Preprocessing(steps);
      }
    };
  }
}

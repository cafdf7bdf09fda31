package io.fovea.image;

import static io.fovea.image.TestData.assertSame;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Pillow's and torchvision's own answers, to the bit. */
class ResamplingOracleTest {
  private static final Pattern ANSWER =
      Pattern.compile("(.+)\\.(resize|classify)-(\\d+)[x-](\\d+)-(\\w+)\\.png");

  @Test
  void equalsPillowOnTheCommittedAnswers() {
    assertEquals(38, check(TestData.committed("resize")));
  }

  @Test
  void equalsPillowOnAllAnswers() {
    assertEquals(90, check(TestData.shared("oracle/resize")));
  }

  private static int check(Path folder) {
    int answers = 0;
    List<Path> files = TestData.files(folder);
    for (Path file : files) {
      Matcher m = ANSWER.matcher(file.getFileName().toString());
      if (m.matches()) {
        Picture source = Picture.read(folder.resolve(m.group(1) + ".png"));
        int a = Integer.parseInt(m.group(3));
        int b = Integer.parseInt(m.group(4));
        Resampling filter = Resampling.valueOf(m.group(5).toUpperCase(Locale.ROOT));
        Picture actual =
            m.group(2).equals("resize")
                ? source.resize(a, b, filter)
                : classify(a, b, filter).picture(source);
        assertSame(Picture.read(file), actual, file.getFileName().toString());
        answers++;
      }
    }
    return answers;
  }

  private static Preprocessing classify(int shorter, int crop, Resampling filter) {
    return Preprocessing.of(
        new Step.ResizeShorter(shorter, filter), new Step.CenterCrop(crop, crop));
  }
}

package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import io.fovea.image.Picture;
import io.fovea.image.Preprocessing;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Services hold several models, and containers several copies of this library. */
class EmbeddingTest {
  /** Scores; loaded by each class loader anew. */
  public static final class Service implements Callable<float[]> {
    @Override
    public float[] call() {
      try (Regressor r = Regressor.of(Nets.load(Nets::means), Preprocessing.named("raw"))) {
        return r.predict(Picture.of(1, 2, 3, new byte[] {1, 2, 3, 5, 6, 7}));
      }
    }
  }

  private static URL url(String path) {
    try {
      return Path.of(path).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void twoClassLoadersScoreInOneJvm() throws Exception {
    URL[] urls =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(EmbeddingTest::url)
            .toArray(URL[]::new);
    List<Class<?>> models = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
        Callable<?> service =
            (Callable<?>)
                loader.loadClass(Service.class.getName()).getDeclaredConstructor().newInstance();
        assertArrayEquals(new float[] {3, 4, 5}, (float[]) service.call());
        models.add(loader.loadClass(ImageModel.class.getName()));
      }
    }
    assertNotSame(models.get(0), models.get(1));
  }

  @Test
  void twoModelsDoNotDisturbEachOther() {
    Picture p = ClassifierTest.noise(8, 8, 1);
    try (Regressor a = Regressor.of(Nets.load(Nets::means), Preprocessing.named("raw"));
        Segmenter b = Segmenter.of(Nets.load(Nets::strongest), Preprocessing.named("raw"))) {
      float[] before = a.predict(p);
      assertEquals(8, b.segment(p).width());
      assertArrayEquals(before, a.predict(p));
      b.close();
      assertArrayEquals(before, a.predict(p));
    }
  }
}

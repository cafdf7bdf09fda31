package io.fovea.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlugInsTest {
  /** Reads nothing. */
  public static class Idle implements PictureDecoder {
    @Override
    public String name() {
      return "idle";
    }

    @Override
    public boolean reads(Format format) {
      return false;
    }

    @Override
    public Picture decode(byte[] file, Format format, int reduction) {
      throw new AssertionError("it was not to be asked");
    }
  }

  /** Lacks its native library. */
  public static final class Broken extends Idle {
    public Broken() {
      throw new UnsatisfiedLinkError("no library");
    }
  }

  @Test
  void decodersThatDoNotLoadAreSkippedWithOneWarning(@TempDir Path folder) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.write(
        services.resolve(PictureDecoder.class.getName()),
        List.of(Broken.class.getName(), Idle.class.getName()));
    List<String> warnings = new ArrayList<>();
    Logger logger = Logger.getLogger(PlugIns.class.getName());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            warnings.add(r.getLevel() + " " + r.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    URL[] path = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(path, getClass().getClassLoader())) {
      List<String> names = PlugIns.find(loader).stream().map(PictureDecoder::name).toList();
      assertEquals(List.of("idle"), names);
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertEquals(List.of("WARNING a decoder of pictures does not load and is not used"), warnings);
  }

  @Test
  void withoutAnyTheReaderDecodesItself() {
    assertEquals(List.of(), PictureReader.plugIns());
  }
}

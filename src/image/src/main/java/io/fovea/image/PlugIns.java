package io.fovea.image;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.ServiceLoader.Provider;
import org.jspecify.annotations.Nullable;

/** The decoders that others put on the class path. */
final class PlugIns {
  private static final List<PictureDecoder> ALL = find();

  private PlugIns() {}

  static List<String> names() {
    return ALL.stream().map(PictureDecoder::name).toList();
  }

  /** What the first of them makes of a file; null where none reads it. */
  static @Nullable Picture decode(byte[] file, PictureDecoder.Format format, int reduction) {
    for (PictureDecoder decoder : ALL) {
      Picture decoded = decoder.reads(format) ? decoder.decode(file, format, reduction) : null;
      if (decoded != null) {
        return decoded;
      }
    }
    return null;
  }

  private static List<PictureDecoder> find() {
    List<PictureDecoder> own = find(PictureReader.class.getClassLoader());
    return own.isEmpty() ? find(Thread.currentThread().getContextClassLoader()) : own;
  }

  static List<PictureDecoder> find(@Nullable ClassLoader loader) {
    List<PictureDecoder> found = new ArrayList<>();
    try {
      ServiceLoader.load(PictureDecoder.class, loader).stream().forEach(p -> add(p, found));
    } catch (ServiceConfigurationError e) {
      warn(e);
    }
    return List.copyOf(found);
  }

  private static void add(Provider<PictureDecoder> provider, List<PictureDecoder> found) {
    try {
      found.add(provider.get());
    } catch (ServiceConfigurationError | LinkageError e) {
      warn(e);
    }
  }

  private static void warn(Error e) {
    System.getLogger(PlugIns.class.getName())
        .log(Level.WARNING, "a decoder of pictures does not load and is not used", e);
  }
}

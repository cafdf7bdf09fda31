package io.fovea.batch;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** The files of an archive, one after the other, without folders, links and hidden ones. */
abstract class Archive implements Closeable {
  private static final int LARGEST = 1 << 30; // as of a picture's file

  /** Whether a file's name is one of an archive. */
  static boolean is(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return name.endsWith(".tar")
        || name.endsWith(".tar.gz")
        || name.endsWith(".tgz")
        || name.endsWith(".zip");
  }

  static Archive open(Path file) throws IOException {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".zip") ? new Zip(file) : tar(file);
  }

  private static Archive tar(Path file) throws IOException {
    InputStream in = Files.newInputStream(file);
    try {
      boolean zipped = !file.toString().toLowerCase(Locale.ROOT).endsWith(".tar");
      // Without a buffer before a plain archive, what is passed over is not read.
      return new Tar(zipped ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16)) : in);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** Goes to the next file and gives its name; null at the end. */
  abstract @Nullable String next() throws IOException;

  /** Opens the file that {@link #next} went to. */
  abstract InputStream stream() throws IOException;

  /** The bytes of the file that {@link #next} went to; one too many where it is too large. */
  byte[] bytes() throws IOException {
    return stream().readNBytes(LARGEST + 1);
  }

  private static boolean isHidden(String name) {
    return name.substring(name.lastIndexOf('/') + 1).startsWith(".");
  }

  private static final class Zip extends Archive {
    private final ZipFile zip;
    private final Enumeration<? extends ZipEntry> entries;
    private @Nullable ZipEntry entry;

    Zip(Path file) throws IOException {
      this.zip = new ZipFile(file.toFile());
      this.entries = zip.entries();
    }

    @Override
    @Nullable String next() {
      while (entries.hasMoreElements()) {
        ZipEntry next = entries.nextElement();
        if (!next.isDirectory() && !isHidden(next.getName())) {
          entry = next;
          return next.getName();
        }
      }
      return null;
    }

    @Override
    InputStream stream() throws IOException {
      InputStream in = entry == null ? null : zip.getInputStream(entry);
      if (in == null) {
        throw new IOException("no such entry");
      }
      return in;
    }

    @Override
    byte[] bytes() throws IOException {
      try (InputStream in = stream()) {
        return in.readNBytes(LARGEST + 1);
      }
    }

    @Override
    public void close() throws IOException {
      zip.close();
    }
  }

  private static final class Tar extends Archive {
    private final TarArchiveInputStream tar;

    Tar(InputStream in) {
      this.tar = new TarArchiveInputStream(in);
    }

    @Override
    @Nullable String next() throws IOException {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        if (isPlain(e) && tar.canReadEntryData(e) && !isHidden(e.getName())) {
          return e.getName();
        }
      }
      return null;
    }

    private static boolean isPlain(TarArchiveEntry e) {
      return e.isFile()
          && !e.isLink()
          && !e.isSymbolicLink()
          && !e.isCharacterDevice()
          && !e.isBlockDevice()
          && !e.isFIFO();
    }

    @Override
    InputStream stream() {
      return tar;
    }

    @Override
    public void close() throws IOException {
      tar.close();
    }
  }
}

package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The class folders of a tar archive; files are held as they are and decoded when asked for. */
record TarDataset(List<String> labels, List<Entry> entries) implements Dataset {
  /** A file of the archive. */
  private record Entry(String name, int label, byte[] bytes) {}

  private static final double LARGEST_SHARE_OF_HEAP = 0.6;

  static TarDataset of(Path archive) {
    Map<String, Map<String, byte[]>> classes = new TreeMap<>(); // as folders are listed
    long room = (long) (LARGEST_SHARE_OF_HEAP * Runtime.getRuntime().maxMemory());
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
        TarArchiveInputStream tar = new TarArchiveInputStream(unzipped(file))) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        Path path = Path.of(e.getName());
        Path folder = path.getParent();
        String name = path.getFileName().toString();
        if (!e.isFile() || folder == null || name.startsWith(".")) {
          continue;
        }
        room -= e.getSize();
        if (room < 0) {
          throw new TrainException(
              archive + ": more than 60 % of the heap (-Xmx); unpack it and name the folder");
        }
        String label = folder.getFileName().toString();
        byte[] bytes = tar.readNBytes((int) e.getSize());
        classes.computeIfAbsent(label, k -> new TreeMap<>()).put(e.getName(), bytes);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new TrainException(archive + ": no tar archive, or cut short: " + e.getMessage(), e);
    }
    if (classes.isEmpty()) {
      throw new TrainException(archive + ": expected a folder of pictures for each class");
    }
    List<String> labels = List.copyOf(classes.keySet());
    List<Entry> entries = new ArrayList<>();
    classes.forEach(
        (label, files) ->
            files.forEach((name, b) -> entries.add(new Entry(name, labels.indexOf(label), b))));
    return new TarDataset(labels, List.copyOf(entries));
  }

  private static InputStream unzipped(InputStream in) throws IOException {
    in.mark(2);
    boolean zipped = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return zipped ? new GZIPInputStream(in, 1 << 16) : in;
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public Picture picture(int index) {
    return picture(index, PictureReader.standard());
  }

  @Override
  public Picture picture(int index, PictureReader reader) {
    return reader.read(entries.get(index).bytes, name(index));
  }

  @Override
  public Target target(int index) {
    return new Target.Label(entries.get(index).label);
  }

  @Override
  public String name(int index) {
    return entries.get(index).name;
  }

  @Override
  public long stamp(int index) {
    return Stamps.of(entries.get(index).bytes, 0, entries.get(index).bytes.length);
  }
}

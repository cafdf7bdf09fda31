package io.fovea.train;

import io.fovea.image.Picture;
import io.fovea.image.PictureException;
import io.fovea.onnx.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Held-out pictures that are trained on as well, byte for byte, so that a held-out figure flatters
 * the net. Files are compared by their sizes; those of a size that occurs on both sides by their
 * last 4 KiB, and those that agree in these by the SHA-256 of all their bytes. Pictures that have
 * no files are compared by their pixels.
 *
 * @param count of the held-out pictures
 * @param heldOut the name of the first of them; empty where there is none
 * @param training the name of a picture that is trained on and the same
 */
public record Duplicates(int count, String heldOut, String training) {
  private static final int TAIL = 4096;

  /** Compares two parts. A file that cannot be read equals no other. */
  public static Duplicates between(Dataset training, Dataset heldOut) {
    Side train = Side.of(training);
    Side held = Side.of(heldOut);
    for (Mark mark : List.<Mark>of(Duplicates::size, Duplicates::tail, Duplicates::sum)) {
      Side marked = held.marked(mark);
      train = train.marked(mark).only(marked);
      held = marked.only(train);
    }
    if (held.which.length == 0) {
      return new Duplicates(0, "", "");
    }
    int twin = Arrays.asList(train.marks).indexOf(held.marks[0]);
    return new Duplicates(
        held.which.length, heldOut.name(held.which[0]), training.name(train.which[twin]));
  }

  /** What equal pictures have in common. */
  @FunctionalInterface
  private interface Mark {
    Object of(Dataset data, int index) throws IOException;
  }

  /** Pictures of a data set that may have twins, and a mark of each. */
  private record Side(Dataset data, int[] which, Object[] marks) {
    static Side of(Dataset data) {
      return new Side(data, IntStream.range(0, data.size()).toArray(), new Object[0]);
    }

    Side marked(Mark mark) {
      return new Side(
          data, which, Arrays.stream(which).parallel().mapToObj(i -> of(mark, i)).toArray());
    }

    private Object of(Mark mark, int index) {
      try {
        return mark.of(data, index);
      } catch (IOException | PictureException e) {
        return new Object();
      }
    }

    /** Those whose marks another side has too. */
    Side only(Side other) {
      Set<Object> known = new HashSet<>(Arrays.asList(other.marks));
      int[] kept = IntStream.range(0, which.length).filter(k -> known.contains(marks[k])).toArray();
      return new Side(
          data,
          Arrays.stream(kept).map(k -> which[k]).toArray(),
          Arrays.stream(kept).mapToObj(k -> marks[k]).toArray());
    }
  }

  private static Object size(Dataset data, int index) throws IOException {
    Stored stored = data.stored(index);
    return stored == null ? -1L : stored.size();
  }

  private static Object tail(Dataset data, int index) throws IOException {
    Stored stored = data.stored(index);
    return stored == null
        ? sum(data, index)
        : (Object) ByteBuffer.wrap(Sha256.digest().digest(stored.tail(TAIL))).getLong();
  }

  private static Object sum(Dataset data, int index) throws IOException {
    MessageDigest digest = Sha256.digest();
    Stored stored = data.stored(index);
    if (stored != null) {
      digest.update(stored.bytes());
    } else {
      Picture picture = data.picture(index);
      digest.update(picture.toString().getBytes(StandardCharsets.UTF_8)); // sizes
      digest.update(picture.pixels());
    }
    return ByteBuffer.wrap(digest.digest());
  }
}

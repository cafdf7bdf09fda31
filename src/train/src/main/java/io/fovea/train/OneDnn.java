package io.fovea.train;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * Sees to it that oneDNN, which computes libtorch's convolutions on x86, computes them right.
 *
 * <p>oneDNN 3.7 asks AMD processors for their caches by leaf {@code 0x8000001D} of CPUID. Some
 * virtual machines leave it empty: oneDNN then takes three caches of one byte each for what there
 * is, and chooses kernels for those, which give wrong values and gradients, NaN, or crash. It is
 * told here that it knows of no cache, for which it has sound guesses. Wherever it is still wrong
 * after that, libtorch's own kernels, several times slower, take its place.
 */
final class OneDnn {
  /** The function-local static that oneDNN keeps what it knows of the processor in. */
  private static final String PROCESSOR = "_ZZN4dnnl4impl3cpu3x643cpuEvE4cpu_";

  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache/index0");
  private static final double TOLERANCE = 1e-3; // rounding reaches 1e-6, wrong kernels 0.05 to NaN

  private OneDnn() {}

  /** Called once, before the first convolution: oneDNN keeps the kernels that it has chosen. */
  static void check() {
    if (System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64")
        && !Files.exists(CACHES)) {
      try {
        forgetCachesOfOneByte();
      } catch (IOException | RuntimeException e) {
        System.getLogger(OneDnn.class.getName()).log(Level.DEBUG, "oneDNN keeps its caches", e);
      }
    }
    if (!isRight()) {
      torch.globalContext().setUserEnabledMkldnn(false);
      System.getLogger(OneDnn.class.getName())
          .log(
              Level.WARNING,
              "oneDNN computes wrong convolutions on this machine, perhaps because a virtual"
                  + " machine hides the processor's caches; libtorch's own are used, which are"
                  + " several times slower");
    }
  }

  /** Compares convolutions, one or more for each set of instructions, with libtorch's own. */
  private static boolean isRight() {
    return agrees(24, 24, 1, 5, 7, MemoryFormat.Contiguous)
        && agrees(12, 16, 1, 3, 22, MemoryFormat.Contiguous)
        && agrees(64, 4, 1, 5, 11, MemoryFormat.Contiguous)
        && agrees(1, 1, 1, 2, 11, MemoryFormat.Contiguous)
        && agrees(16, 16, 16, 5, 26, MemoryFormat.ChannelsLast);
  }

  private static boolean agrees(
      long in, long out, long groups, long kernel, long size, MemoryFormat layout) {
    try (PointerScope scope = new PointerScope()) {
      Tensor x = pattern(2, in, size, size).contiguous(layout);
      Tensor w = pattern(out, in / groups, kernel, kernel).contiguous(layout);
      List<Tensor> swift = computed(x, w, groups);
      List<Tensor> plain;
      try (Torch.Work own = Torch.plainKernels()) {
        plain = computed(x, w, groups);
      }
      for (int i = 0; i < plain.size(); i++) {
        double apart = swift.get(i).sub(plain.get(i)).norm().item_double();
        if (!(apart <= TOLERANCE * plain.get(i).norm().item_double())) { // NaN, too
          return false;
        }
      }
      return true;
    }
  }

  /** The convolution and its gradients by pictures and kernels. */
  private static List<Tensor> computed(Tensor x, Tensor w, long groups) {
    Tensor pictures = x.detach().set_requires_grad(true);
    Tensor kernels = w.detach().set_requires_grad(true);
    long[] one = {1, 1};
    long[] pad = {w.size(2) / 2, w.size(3) / 2};
    Tensor y = torch.conv2d(pictures, kernels, new TensorOptional(), one, pad, one, groups);
    y.mul(y).sum().backward();
    return List.of(y.detach(), pictures.grad(), kernels.grad());
  }

  /** Numbers between -1 and 1 that take nothing from libtorch's random ones. */
  private static Tensor pattern(long... shape) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i * i + 1);
    }
    return Torch.floats(values, shape);
  }

  /**
   * The processor as oneDNN (Xbyak) holds it, in integers of 32 bits: the sizes of the caches from
   * 7 on, how many cores share each from 17, how many caches there are at 27.
   */
  private static void forgetCachesOfOneByte() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Torch.floats(new float[] {1}, 1).to_mkldnn(); // it looks at the processor when first used
    }
    String mapping = mapping("libtorch_cpu.so");
    long base = Long.parseUnsignedLong(mapping.substring(0, mapping.indexOf('-')), 16);
    long address = base + symbol(Path.of(mapping.substring(mapping.indexOf('/'))), PROCESSOR);
    try (FileChannel memory =
        FileChannel.open(
            Path.of("/proc/self/mem"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer processor = ByteBuffer.allocate(28 * 4).order(ByteOrder.nativeOrder());
      if (memory.read(processor, address) < processor.limit()) {
        throw new IOException("no memory of this process at " + address);
      }
      int[] known = new int[28];
      processor.flip().asIntBuffer().get(known);
      int[] oneByteEach = {1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
      if (Arrays.equals(known, 7, 17, oneByteEach, 0, 10)
          && Arrays.equals(known, 17, 27, oneByteEach, 0, 10)
          && known[27] == 3) {
        memory.write(ByteBuffer.allocate(4), address + 27 * 4);
      }
    }
  }

  /** The line of the memory map that a library begins with. */
  private static String mapping(String library) throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.endsWith("/" + library))
          .findFirst()
          .orElseThrow(() -> new IOException(library + " is not in memory"));
    }
  }

  /** Where a symbol lies in a library (ELF, 64 bits, little-endian), those that it hides, too. */
  private static long symbol(Path library, String name) throws IOException {
    try (FileChannel file = FileChannel.open(library)) {
      ByteBuffer header = map(file, 0, 64);
      ByteBuffer sections = map(file, header.getLong(40), 64L * header.getShort(60));
      for (int at = 0; at < sections.limit(); at += 64) {
        if (sections.getInt(at + 4) == 2) { // a table of symbols
          int strings = 64 * sections.getInt(at + 40);
          long found =
              symbol(
                  map(file, sections.getLong(at + 24), sections.getLong(at + 32)),
                  map(file, sections.getLong(strings + 24), sections.getLong(strings + 32)),
                  (name + '\0').getBytes(StandardCharsets.US_ASCII));
          if (found != 0) {
            return found;
          }
        }
      }
    }
    throw new IOException(library + " has no symbol " + name);
  }

  private static long symbol(ByteBuffer symbols, ByteBuffer strings, byte[] name) {
    ByteBuffer wanted = ByteBuffer.wrap(name);
    for (int at = 0; at < symbols.limit(); at += 24) {
      int text = symbols.getInt(at);
      if (text + name.length <= strings.limit()
          && strings.slice(text, name.length).equals(wanted)) {
        return symbols.getLong(at + 8);
      }
    }
    return 0;
  }

  private static ByteBuffer map(FileChannel file, long offset, long size) throws IOException {
    return file.map(MapMode.READ_ONLY, offset, size).order(ByteOrder.LITTLE_ENDIAN);
  }
}

package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: shared libraries are read on Linux")
class NativeLibrariesTest {
  @Test
  void readsWhatALibraryNeeds() throws Exception {
    ElfFile zip = ElfFile.read(DeviceTest.anyLibrary());
    assertTrue(zip.needed().contains("libc.so.6"), zip.toString());
    assertTrue(zip.needed().contains("libjava.so"), zip.toString());
  }

  @Test
  void refusesWhatIsNoLibrary(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("libtext.so"), "no library");
    assertThrows(IOException.class, () -> ElfFile.read(file));
    byte[] real = Files.readAllBytes(DeviceTest.anyLibrary());
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = Arrays.copyOf(real, 1 + random.nextInt(real.length));
      for (int k = 0; k < 8; k++) {
        damaged[random.nextInt(Math.min(damaged.length, 900))] = (byte) random.nextInt();
      }
      Files.write(file, damaged);
      try {
        ElfFile.read(file); // damage may be where it does not matter
      } catch (IOException e) {
        assertTrue(e.getMessage() != null, "a message");
      }
    }
  }

  @Test
  void namesWhatTheLoaderDoesNotFind() {
    NativeLibraries met =
        NativeLibraries.of("a test", List.of("libnone.so.3", "libc.so.6", "libstdc++.so.6"), null);
    assertEquals(List.of("libnone.so.3"), met.missing());
  }

  @Test
  void namesWhatALibraryThatIsThereLacksItself(@TempDir Path folder) throws Exception {
    // libzip.so without the other libraries of its Java, which this process has loaded from there.
    ElfFile zip = ElfFile.read(DeviceTest.anyLibrary());
    Path copy = Files.copy(DeviceTest.anyLibrary(), folder.resolve("libzip.so"));
    NativeLibraries met = NativeLibraries.of("a test", zip.needed(), copy);
    assertFalse(met.missing().contains("libc.so.6"), met.toString());
  }

  @Test
  void knowsWhatPublishedNativesNeed() {
    List<NativeLibraries> all = NativeLibraries.all();
    assertTrue(
        all.stream().anyMatch(n -> n.needed().contains("libcublasLt.so.12")), all.toString());
    assertTrue(
        all.stream().anyMatch(n -> n.needed().contains("libcublasLt.so.13")), all.toString());
    assertTrue(all.stream().anyMatch(n -> n.needed().contains("libnvinfer.so.10")), all.toString());
    for (NativeLibraries natives : all) {
      boolean driver = Files.exists(Path.of("/proc/driver/nvidia/version"));
      assertTrue(
          driver || natives.natives().startsWith("TensorRT") || !natives.missing().isEmpty(),
          natives.toString());
    }
  }
}

package io.fovea.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtProvider;
import io.fovea.onnx.Model;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  private static final Model NET =
      Nets.net((g, x) -> g.node("Relu", "relu", List.of(Nets.strongest(g, x))));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cpu | cpu",
        "cuda | cuda:0",
        "auto | cuda:0,cpu",
        "tensorrt,cuda:1,cpu | tensorrt:0,cuda:1,cpu",
        "cuda:0:gpu_mem_limit=2G:use_tf32=0,cpu | cuda:0:gpu_mem_limit=2G:use_tf32=0,cpu",
        "tensorrt:trt_profile_min_shapes=x:1x3x8x8 | tensorrt:0:trt_profile_min_shapes=x:1x3x8x8",
        "coreml:ModelFormat=MLProgram | coreml:ModelFormat=MLProgram",
        "directml:1 | directml:1",
        "/opt/p.so:2:threads=4 | /opt/p.so:2:threads=4",
        "C:\\plug-in.dll | C:\\plug-in.dll",
        "xnnpack:intra_op_num_threads=2 | xnnpack:intra_op_num_threads=2"
      })
  void readsDevicesFromText(String text, String wanted) {
    Device device = Device.named(text);
    assertEquals(wanted, device.toString());
    assertEquals(device, Device.named(device.toString()));
  }

  @Test
  void givesProvidersTheirOptionsAndNumbers() {
    Provider cuda = Device.named("cuda:3:gpu_mem_limit=2G:use_tf32=1").providers().get(0);
    assertEquals(new Provider("cuda", 3, Map.of("gpu_mem_limit", "2G", "use_tf32", "1")), cuda);
    assertEquals(
        Map.of("gpu_mem_limit", "2147483648", "use_tf32", "1"), ProviderKind.CUDA.values(cuda));
    assertEquals(
        Device.named("cuda:3:gpu_mem_limit=2G:use_tf32=1,cpu"),
        Device.cuda(3).with("gpu_mem_limit", "2G").with("use_tf32", "1").or(Device.cpu()));
    Provider shrinking = Device.cuda(2).with("arena_shrinkage", "1").providers().get(0);
    assertEquals("gpu:2", ProviderKind.CUDA.shrinks(shrinking));
    assertEquals(Map.of(), ProviderKind.CUDA.values(shrinking));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu | device 'gpu': expected cpu, cuda, tensorrt, coreml, directml, openvino, xnnpack, auto",
        "cuda:x | device 'cuda:x': expected cpu, cuda,",
        "cpu,,cuda | device '': expected cpu, cuda,",
        "cpu:1 | device 'cpu' has no number, met 1",
        "cuda,cuda:0:use_tf32=1 | names a provider twice",
        "cuda:0:memory=2G | cuda has no option 'memory': expected gpu_mem_limit, arena_extend_strategy,",
        "directml:a=b | directml has no option 'a': expected none",
        "cuda:0:gpu_mem_limit=lots | expected bytes such as 2147483648, 2048M or 2G, met 'lots'",
        "cuda:0:gpu_mem_limit=999999999999G | expected bytes such as",
        "cuda:0:gpu_mem_limit=G | expected bytes such as",
        "cuda:0:use_tf32=yes | cuda, option use_tf32: expected 0, 1, met 'yes'",
        "cuda:0:cudnn_conv_algo_search=BEST | expected HEURISTIC, EXHAUSTIVE, DEFAULT, met 'BEST'"
      })
  void refusesWhatThereIsNotAndListsWhatThereIs(String text, String wanted) {
    var e = assertThrows(IllegalArgumentException.class, () -> Device.named(text));
    assertTrue(e.getMessage().contains(wanted), e.getMessage());
  }

  @Test
  void fallsBackAlongAChainAndSaysWhy() {
    assumeTrue(plain(), "skipped: this ONNX Runtime has more providers than the CPU's");
    try (ImageModel m = load(Device.named("tensorrt,cuda:0:use_tf32=0,cpu"))) {
      assertEquals(Device.cpu(), m.device());
      assertEquals(
          "no tensorrt:0: this ONNX Runtime was built without it;"
              + " no cuda:0:use_tf32=0: this ONNX Runtime was built without it",
          m.deviceReason());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "tensorrt,cuda", "coreml", "directml", "openvino", "xnnpack"})
  void doesNotFallBackWhereTheCpuIsNotNamed(String text) {
    assumeTrue(plain(), "skipped: this ONNX Runtime has more providers than the CPU's");
    Device device = Device.named(text);
    var e = assertThrows(ScoringException.class, () -> load(device));
    for (Provider p : device.providers()) {
      assertTrue(e.getMessage().contains("cannot run on " + p + ": this ONNX"), e.getMessage());
    }
  }

  @Test
  void aStrictDeviceDoesNotFallBack() {
    assumeTrue(plain(), "skipped: this ONNX Runtime has more providers than the CPU's");
    var e = assertThrows(ScoringException.class, () -> load(Device.auto().asStrict()));
    assertTrue(e.getMessage().contains("cannot run on cuda:0"), e.getMessage());
    try (ImageModel m = load(Device.cpu().asStrict())) {
      assertEquals("cpu (strict)", m.device().toString());
    }
  }

  @Test
  void givesTheSameAnswersWithTheOptionsOfTheCpu() {
    float[] wanted = answer(Device.cpu());
    assertArrayEquals(wanted, answer(Device.named("cpu:arena_shrinkage=1")));
    assertArrayEquals(wanted, answer(Device.named("cpu:arena=0")));
    assertArrayEquals(wanted, answer(Device.cpu().asStrict()));
  }

  private static float[] answer(Device device) {
    try (ImageModel m = load(device)) {
      float[] pixels = new float[3 * 5 * 7];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = i % 11 - 5;
      }
      m.run(FloatBuffer.wrap(pixels), new long[] {1, 3, 5, 7});
      return m.run(FloatBuffer.wrap(pixels), new long[] {1, 3, 5, 7}).values();
    }
  }

  @Test
  void aDamagedFileIsNotBlamedOnTheDevice() {
    for (Device device : List.of(Device.auto(), Device.cpu().asStrict())) {
      var e =
          assertThrows(
              ScoringException.class, () -> ImageModel.load("net", new byte[] {1, 2, 3}, device));
      assertTrue(e.getMessage().startsWith("net: "), e.getMessage());
      assertFalse(e.getMessage().contains("cannot run on"), e.getMessage());
    }
  }

  @Test
  void saysWhatIsWrongWithAPlugIn(@TempDir Path folder) throws Exception {
    Path none = folder.resolve("libnone.so");
    var e = assertThrows(ScoringException.class, () -> load(Device.named(none.toString())));
    assertTrue(e.getMessage().contains("cannot run on " + none), e.getMessage());
    assertTrue(e.getMessage().contains("no such file"), e.getMessage());
    Path other = anyLibrary();
    e = assertThrows(ScoringException.class, () -> load(Device.named(other.toString())));
    assertTrue(e.getMessage().contains("cannot run on " + other), e.getMessage());
    assertTrue(e.getMessage().contains("CreateEpFactories"), e.getMessage());
    try (ImageModel m = load(Device.named(other + ",cpu"))) {
      assertEquals(Device.cpu(), m.device());
    }
    assertThrows(ScoringException.class, () -> ProviderStatus.devices(other));
  }

  /** A library of the Java that runs: real, and no provider. */
  static Path anyLibrary() throws Exception {
    Path home = Path.of(System.getProperty("java.home"));
    try (Stream<Path> files = Files.walk(home)) {
      return files
          .filter(f -> f.getFileName().toString().matches("(lib)?zip\\.(so|dll|dylib)"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static boolean plain() {
    OnnxRuntime.environment();
    return OrtEnvironment.getAvailableProviders().equals(java.util.EnumSet.of(OrtProvider.CPU));
  }

  private static ImageModel load(Device device) {
    return ImageModel.load("net", NET.toBytes(), device);
  }
}

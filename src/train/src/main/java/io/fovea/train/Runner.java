package io.fovea.train;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.fovea.onnx.DataType;
import io.fovea.onnx.Model;
import io.fovea.onnx.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/** Runs any model on tensors of any type: the same case through both engines. */
sealed interface Runner extends AutoCloseable {
  /** The outputs, in the graph's order. */
  List<Tensor> run(List<Tensor> inputs);

  @Override
  void close();

  static Runner of(Verifier.Engine engine, Path model) {
    return switch (engine) {
      case ONNXRUNTIME -> new OnnxRuntime(model);
      case TORCH -> new Interpreter(model);
    };
  }

  /** The trainer's own interpreter, in inference. */
  final class Interpreter implements Runner {
    private final TorchGraph graph;

    Interpreter(Path model) {
      this(Model.read(model));
    }

    Interpreter(Model model) {
      this.graph = new TorchGraph(model, Selection.all());
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
      if (inputs.size() != graph.inputs().size()) {
        throw new TrainException(
            "expected inputs %s, met %d".formatted(graph.inputs(), inputs.size()));
      }
      try (Torch.Work work = Torch.work();
          PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        var in = inputs.stream().map(Torch::copy).toArray(org.bytedeco.pytorch.Tensor[]::new);
        for (var tensor : in) {
          scope.attach(tensor);
        }
        var out = graph.run(in, false);
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < out.length; i++) {
          all.add(Torch.copy(graph.outputs().get(i), out[i]));
        }
        return all;
      }
    }

    @Override
    public void close() {
      graph.close();
    }
  }

  /** ONNX Runtime on the CPU. */
  final class OnnxRuntime implements Runner {
    private final OrtEnvironment environment = io.fovea.runtime.OnnxRuntime.environment();
    private final OrtSession session;

    OnnxRuntime(Path model) {
      this((environment, options) -> environment.createSession(model.toString(), options));
    }

    OnnxRuntime(Model model) {
      this((environment, options) -> environment.createSession(model.toBytes(), options));
    }

    private interface Opener {
      OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
          throws OrtException;
    }

    private OnnxRuntime(Opener opener) {
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL); // exceptions say it
        this.session = opener.open(environment, options);
      } catch (OrtException e) {
        throw new TrainException(String.valueOf(e.getMessage()), e);
      }
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
      List<String> names = List.copyOf(session.getInputNames());
      if (inputs.size() != names.size()) {
        throw new TrainException("expected inputs %s, met %d".formatted(names, inputs.size()));
      }
      Map<String, OnnxTensor> in = new LinkedHashMap<>();
      try {
        for (int i = 0; i < names.size(); i++) {
          in.put(names.get(i), tensor(inputs.get(i)));
        }
        try (OrtSession.Result result = session.run(in)) {
          List<Tensor> all = new ArrayList<>();
          for (Map.Entry<String, OnnxValue> e : result) {
            all.add(tensor(e.getKey(), e.getValue()));
          }
          return all;
        }
      } catch (OrtException e) {
        throw new TrainException(String.valueOf(e.getMessage()), e);
      } finally {
        in.values().forEach(OnnxTensor::close);
      }
    }

    private OnnxTensor tensor(Tensor tensor) throws OrtException {
      ByteBuffer bytes = tensor.bytes();
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.remaining());
      direct.order(ByteOrder.nativeOrder()).put(bytes).flip();
      OnnxJavaType type =
          switch (tensor.type()) {
            case FLOAT -> OnnxJavaType.FLOAT;
            case DOUBLE -> OnnxJavaType.DOUBLE;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case INT8 -> OnnxJavaType.INT8;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
            default -> throw new TrainException("inputs of " + tensor.type() + " are not fed here");
          };
      return OnnxTensor.createTensor(environment, direct, tensor.dims(), type);
    }

    private static Tensor tensor(String name, OnnxValue value) {
      if (!(value instanceof OnnxTensor tensor)) {
        throw new TrainException("output '" + name + "' is no tensor");
      }
      TensorInfo info = tensor.getInfo();
      String code = info.onnxType.name(); // such as ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
      DataType type = DataType.valueOf(code.substring(code.lastIndexOf('_') + 1));
      return Tensor.of(name, type, info.getShape(), tensor.getByteBuffer());
    }

    @Override
    public void close() {
      try {
        session.close();
      } catch (OrtException e) {
        throw new TrainException(String.valueOf(e.getMessage()), e);
      }
    }
  }
}

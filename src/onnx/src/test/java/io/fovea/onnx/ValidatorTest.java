package io.fovea.onnx;

import static io.fovea.onnx.Protos.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fovea.onnx.proto.AttributeProto.AttributeType;
import io.fovea.onnx.proto.GraphProto;
import io.fovea.onnx.proto.ModelProto;
import io.fovea.onnx.proto.OperatorSetIdProto;
import io.fovea.onnx.proto.StringStringEntryProto;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Graphs that are not sound are refused, in words that name the node. */
class ValidatorTest {
  @Test
  void refusesACycle() {
    refusal(
        Protos.graph(Protos.node("Add", "x b", "a"), Protos.node("Relu", "a", "b")),
        "Add 'a': input 'b' is produced later: nodes out of order, or a cycle");
    refusal(Protos.graph(Protos.node("Add", "x y", "y")), "input 'y' is produced later");
  }

  @Test
  void refusesNodesOutOfOrder() {
    refusal(
        Protos.graph(Protos.node("Relu", "a", "y"), Protos.node("Relu", "x", "a")),
        "Relu 'y': input 'a' is produced later");
  }

  @Test
  void refusesAnInputThatNobodyGives() {
    refusal(
        Protos.graph(Protos.node("Relu", "gone", "y")),
        "Relu 'y': input 'gone' is neither produced nor given");
  }

  @Test
  void refusesAnOutputThatNobodyProduces() {
    refusal(Protos.graph(Protos.node("Relu", "x", "z")), "output 'y' is never produced");
  }

  @Test
  void refusesNamesThatStandTwice() {
    var relu = Protos.node("Relu", "x", "y");
    var w = Protos.tensor("w", DataType.FLOAT, 0);
    refusal(Protos.graph(relu, relu), "Relu 'y': output 'y' already exists");
    refusal(Protos.graph(Protos.node("Relu", "x", "x")), "output 'x' already exists");
    refusal(Protos.graph(relu).addInitializer(w).addInitializer(w), "initializer 'w' stands twice");
    refusal(Protos.graph(relu).addInput(Protos.value("x")), "input 'x' stands twice");
    refusal(Protos.graph(relu).addOutput(Protos.value("y")), "output 'y' stands twice");
    relu.addAttribute(Attribute.of("a", 1).proto()).addAttribute(Attribute.of("a", 2).proto());
    refusal(Protos.graph(relu), "Relu 'y': attribute 'a' stands twice");
    StringStringEntryProto pair = ExternalData.entry("k", "v");
    refusal(
        Protos.model(Protos.graph(Protos.node("Relu", "x", "y")))
            .addMetadataProps(pair)
            .addMetadataProps(pair),
        "metadata key 'k' stands twice");
  }

  @Test
  void takesInitializersThatAreListedAsInputsToo() {
    var w = Protos.tensor("w", DataType.FLOAT, 0);
    var graph = Protos.graph(Protos.node("Add", "x w", "y")).addInitializer(w);
    Graph read = Protos.parse(graph.addInput(Protos.value("w"))).graph();
    assertEquals(List.of("x"), read.inputs().stream().map(ValueInfo::name).toList());
  }

  @Test
  void refusesNodesAndAttributesThatAreEmpty() {
    refusal(Protos.graph(Protos.node("", "x", "y")), " 'y': no operator");
    for (AttributeType type : List.of(AttributeType.TENSOR, AttributeType.GRAPH)) {
      var node = Protos.node("Odd", "x", "y").addAttribute(Protos.attribute("a", type));
      refusal(Protos.graph(node), "attribute 'a': its type is " + type + ", but it has none");
    }
    var node = Protos.node("Odd", "x", "y");
    node.addAttribute(Attribute.of("a", 1).proto().toBuilder().setTypeValue(77));
    refusal(Protos.graph(node), "Odd 'y': attribute 'a': type 77 is not one of ONNX's");
  }

  @Test
  void checksTensorsInAttributesAndSparseInitializers() {
    var lie = Protos.tensor("lie", DataType.FLOAT, 3).addFloatData(1);
    var one = Protos.node("Odd", "x", "y");
    one.addAttribute(Protos.attribute("a", AttributeType.TENSOR).setT(lie));
    refusal(Protos.graph(one), "Odd 'y': attribute 'a': tensor 'lie': dims [3]");
    var several = Protos.node("Odd", "x", "y");
    several.addAttribute(Protos.attribute("a", AttributeType.TENSORS).addTensors(lie));
    refusal(Protos.graph(several), "tensor 'lie': dims [3]");
    var sparse = Protos.graph(Protos.node("Relu", "x", "y"));
    sparse.addSparseInitializerBuilder().setValues(lie).setIndices(lie);
    refusal(sparse, "tensor 'lie': dims [3]");
  }

  @Test
  void refusesVersionsThatDoNotExist() {
    var graph = Protos.graph(Protos.node("Relu", "x", "y"));
    refusal(Protos.model(graph).clearIrVersion(), "IR version 0");
    refusal(Protos.model(graph).clearOpsetImport(), "imports no operator set");
    for (long version : new long[] {0, -1, 1L << 32}) {
      var opset = OperatorSetIdProto.newBuilder().setDomain("").setVersion(version);
      refusal(
          Protos.model(graph).setOpsetImport(0, opset),
          "operator set '' has no version " + version);
    }
    refusal(ModelProto.newBuilder().setIrVersion(8), "it holds no graph");
  }

  @Test
  void innerGraphsSeeWhatCameBeforeTheirNodeAndNothingElse() {
    assertEquals(2, Protos.parse(nested("a")).graph().nodes().size());
    refusal(nested("inner"), "Relu 'inner': input 'inner' is produced later");
    refusal(nested("y"), "input 'y' is neither produced nor given");
    var leak = nested("a");
    leak.setOutput(0, Protos.value("inner"));
    refusal(leak, "output 'inner' is never produced");
  }

  private static GraphProto.Builder nested(String uses) {
    var body = GraphProto.newBuilder().addNode(Protos.node("Relu", uses, "inner"));
    body.addOutput(Protos.value("inner"));
    var branch = Protos.node("If", "a", "y");
    branch.addAttribute(Protos.attribute("then_branch", AttributeType.GRAPH).setG(body));
    return Protos.graph(Protos.node("Relu", "x", "a"), branch);
  }
}

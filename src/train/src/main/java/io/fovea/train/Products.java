package io.fovea.train;

import static io.fovea.train.Kernel.one;
import static io.fovea.train.Operators.add;
import static io.fovea.train.Operators.binary;
import static io.fovea.train.Operators.unary;

import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Products of matrices and of more axes. */
final class Products {
  private Products() {}

  static void register() {
    binary("MatMul", 1, (a, b) -> Torch.signed(a, b, torch::matmul));
    add("Einsum", 12, Products::einsum);
    unary("Det", 11, torch::det);
  }

  private static Kernel einsum(Operation op) {
    String equation = op.s("equation", "").replace(" ", "");
    return one(in -> torch.einsum(equation, new TensorVector(in.inputs())));
  }
}

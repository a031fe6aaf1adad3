"""PP-OCR's networks, rewritten before they are compiled: the same numbers, with less work for the processor."""

from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

ENLARGED = 4
"""Times in width and height, by the detector's last two layers."""
MAX_BLOCKS = 64
"""Of classes; as many as divide their number. Few make long blocks, many a long list of blocks."""
OTHER_HEAD = "the network does not end as PP-OCR's detectors do"

Node = Any
"""Of OpenVINO's graph: an operation, or one of its outputs."""
Values = NDArray[np.float32]


def cheap_head(detector: openvino.Model) -> openvino.Model:
    """The detector, with its last two layers computed before the picture is enlarged and not after.

    They are transposed convolutions of 2 × 2 with stride 2, which do not overlap: the sixteen pixels that one becomes
    depend on that one alone. So they are convolutions of 1 × 1 at a quarter of the width and height, whose sixteen
    channels are put in their places at the end. OpenVINO runs the former in f32 on every processor, and the sigmoid of
    their one channel in a layout of sixteen.

    Args:
        detector: takes float32, shape (pictures, 3, height, width), sides in multiples of 32.

    Returns:
        A network of the same input; its output is the likelihood of text, float32, shape (pictures, 1, height, width).

    Raises:
        ValueError: it does not end in two such layers.
    """
    sigmoid = _before(detector.get_results()[0])
    second, second_weights, second_bias = _enlarging(_before(sigmoid))
    relu = _before(second)
    first, first_weights, first_bias = _enlarging(_before(relu))
    if (sigmoid.get_type_name(), relu.get_type_name()) != ("Sigmoid", "Relu") or second_weights.shape[1] != 1:
        raise ValueError(OTHER_HEAD)
    channels = first_weights.shape[1]
    # Of each pixel four groups of channels (row and column in it), and of each group four pixels in turn.
    to_four = first_weights.transpose(2, 3, 1, 0).reshape(4 * channels, -1)
    to_cell = np.kron(np.eye(4, dtype=np.float32), second_weights[:, 0].transpose(1, 2, 0).reshape(4, channels))
    # From (row, column, row within, column within) to the order in which `depth_to_space` takes them.
    to_sixteen = to_cell.reshape(2, 2, 2, 2, -1).transpose(0, 2, 1, 3, 4).reshape(ENLARGED**2, -1)
    four = opset13.relu(_pointwise(first.input_value(0), to_four, np.tile(first_bias, 4)))
    sixteen = opset13.sigmoid(_pointwise(four, to_sixteen, np.tile(second_bias, ENLARGED**2)))
    likelihood = opset13.depth_to_space(sixteen, "blocks_first", ENLARGED)
    return openvino.Model([likelihood], detector.get_parameters(), "detector")


def best_class_only(recogniser: openvino.Model) -> openvino.Model:
    """End the network in its arg max: 18,710 probabilities a step would cost more to copy than to compute.

    OpenVINO finds the best of many three times as fast if it looks for the best block first.

    Args:
        recogniser: its output is float32, shape (crops, steps, classes), with a number of classes that is known.

    Returns:
        A network of the same input with two outputs of shape (crops, steps): the probability of the best class,
        float32, and its index, int64. Of equals it is the first.
    """
    scores = recogniser.get_results()[0].input_value(0)
    count = int(scores.get_partial_shape()[2].get_length())
    blocks = max(number for number in range(1, MAX_BLOCKS + 1) if count % number == 0)
    size = np.int64(count // blocks)
    shaped = opset13.reshape(scores, np.array([0, 0, blocks, size], np.int64), True)
    best, block = _best(opset13.reduce_max(shaped, np.array([3], np.int64)), 2)
    of_block = opset13.gather(shaped, block, np.int64(2), batch_dims=2)
    _, within = _best(of_block, 3)
    index = opset13.add(opset13.multiply(block, size), _squeezed(within, 3))
    return openvino.Model([_squeezed(best, 2), _squeezed(index, 2)], recogniser.get_parameters(), "recogniser")


def _enlarging(bias: Node) -> tuple[Node, Values, Values]:
    """A transposed convolution with the addition after it: operation, weights (in, out, 2, 2), bias (out,)."""
    node = _before(bias)
    if bias.get_type_name() != "Add" or node.get_type_name() != "ConvolutionBackpropData":
        raise ValueError(OTHER_HEAD)
    weights = np.array(_before(node, 1).get_data(), np.float32)
    told = node.get_attributes()
    if weights.shape[2:] != (2, 2) or told["strides"] != [2, 2] or any(told["pads_begin"] + told["pads_end"]):
        raise ValueError(OTHER_HEAD)
    return node, weights, np.array(_before(bias, 1).get_data(), np.float32).reshape(-1)


def _pointwise(pixels: Node, weights: Values, bias: Values) -> Node:
    kernel = np.ascontiguousarray(weights)[:, :, None, None]
    return opset13.add(opset13.convolution(pixels, kernel, [1, 1], [0, 0], [0, 0], [1, 1]), bias.reshape(1, -1, 1, 1))


def _before(node: Node, index: int = 0) -> Node:
    """The operation that an input comes from, past those that do nothing."""
    found = node.input_value(index).get_node()
    while found.get_type_name() == "Identity":
        found = found.input_value(0).get_node()
    return found


def _best(scores: Node, axis: int) -> list[Node]:
    """Largest value and its index along the axis, which is kept with a length of one."""
    found: list[Node] = opset13.topk(scores, np.int64(1), axis, "max", "value", index_element_type="i64").outputs()
    return found


def _squeezed(node: Node, axis: int) -> Node:
    return opset13.squeeze(node, np.array([axis], np.int64))

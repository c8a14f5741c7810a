/* The activations: ACTIVATION(id, names in configurations, formula). act_ID in body.h computes it. */
#ifdef ACTIVATION
ACTIVATION(gelu, "gelu|gelu_python", "x/2·(1 + erf(x/√2))")
ACTIVATION(gelu_tanh, "gelu_new|gelu_pytorch_tanh|gelu_python_tanh|gelu_fast|gelu_accurate",
           "x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))")
ACTIVATION(gelu_10, "gelu_10", "gelu clipped to [-10,10]")
ACTIVATION(quick_gelu, "quick_gelu", "x·σ(1.702·x)")
ACTIVATION(relu, "relu", "max(0,x)")
ACTIVATION(relu2, "relu2", "max(0,x)²")
ACTIVATION(relu6, "relu6", "min(6,max(0,x))")
ACTIVATION(leaky_relu, "leaky_relu", "x < 0 ? x/100 : x")
ACTIVATION(silu, "silu|swish", "x·σ(x)")
ACTIVATION(tanh, "tanh", "tanh x")
ACTIVATION(sigmoid, "sigmoid", "σ(x) = 1/(1 + e⁻ˣ)")
ACTIVATION(mish, "mish", "x·tanh(ln(1 + eˣ))")
ACTIVATION(laplace, "laplace", "(1 + erf((x − 0.707107)/(0.282095·√2)))/2")
ACTIVATION(linear, "linear", "x")
#endif

/* The activations: ACTIVATION(id, names in configurations, fused form, formula). act_ID in body.h computes it. */
#ifdef ACTIVATION
ACTIVATION(gelu, "gelu|gelu_python", EPILOGUE_GELU, "x/2·(1 + erf(x/√2))")
ACTIVATION(gelu_tanh, "gelu_new|gelu_pytorch_tanh|gelu_python_tanh|gelu_fast|gelu_accurate", EPILOGUE_GELU_TANH,
           "x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))")
ACTIVATION(gelu_10, "gelu_10", EPILOGUE_NONE, "gelu clipped to [-10,10]")
ACTIVATION(quick_gelu, "quick_gelu", EPILOGUE_NONE, "x·σ(1.702·x)")
ACTIVATION(relu, "relu", EPILOGUE_RELU, "max(0,x)")
ACTIVATION(relu2, "relu2", EPILOGUE_NONE, "max(0,x)²")
ACTIVATION(relu6, "relu6", EPILOGUE_NONE, "min(6,max(0,x))")
ACTIVATION(leaky_relu, "leaky_relu", EPILOGUE_NONE, "x < 0 ? x/100 : x")
ACTIVATION(silu, "silu|swish", EPILOGUE_SILU, "x·σ(x)")
ACTIVATION(tanh, "tanh", EPILOGUE_TANH, "tanh x")
ACTIVATION(sigmoid, "sigmoid", EPILOGUE_NONE, "σ(x) = 1/(1 + e⁻ˣ)")
ACTIVATION(mish, "mish", EPILOGUE_NONE, "x·tanh(ln(1 + eˣ))")
ACTIVATION(laplace, "laplace", EPILOGUE_NONE, "(1 + erf((x − 0.707107)/(0.282095·√2)))/2")
ACTIVATION(linear, "linear", EPILOGUE_NONE, "x")
#endif

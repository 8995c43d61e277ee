// The controls → the lines of Python that give the same pictures, and the link that does.
(seed, number, steps, variance, noise, model) => {
  const scale = variance === "none" ? 0 : noise;
  const own = variance === "large";
  const script = [
    "import torch",
    `from ddpm_hf import DDPMPipeline${own ? ", DDPMScheduler" : ""}`,
    "",
    `pipe = DDPMPipeline.from_pretrained(${JSON.stringify(model)})`,
    ...(own
      ? [
          "pipe.scheduler = DDPMScheduler.from_config(",
          '    pipe.scheduler.config, variance_type="fixed_large"',
          ")",
        ]
      : []),
    "images = pipe(",
    `    batch_size=${number},`,
    `    generator=torch.Generator().manual_seed(${seed}),`,
    `    num_inference_steps=${steps},`,
    ...(scale === 1 ? [] : [`    noise_scale=${scale},`]),
    '    backend="auto",',
    ").images",
  ];
  const link = new URL(location);
  link.searchParams.delete("view");
  const values = { seed, number, steps, variance, noise, model };
  for (const [name, value] of Object.entries(values)) link.searchParams.set(name, value);
  return [script.join("\n"), link.href];
}

// The controls → the lines of Python that give the same pictures, and the link that does.
(seed, number, steps, variance, noise, model, classLabel, guidance, spacing) => {
  // While a number is being typed its box may be empty: both stay as they are.
  if ([seed, number, steps, noise, guidance].includes(null)) return Array(2).fill({ __type__: "update" });
  const scale = variance === "none" ? 0 : noise;
  // What a model from elsewhere has in its scheduler is not known here, so all is said.
  const kind = variance === "large" ? "fixed_large" : "fixed_small";
  const changes = [
    ...(variance === "large" || !BUNDLED.includes(model) ? [`variance_type="${kind}"`] : []),
    ...(spacing === "quadratic" ? ['timestep_spacing="quadratic"'] : []),
  ];
  const byClass = classLabel !== "" && classLabel !== "any";
  const labels =
    classLabel === "each" ? `[i % len(pipe.class_names) for i in range(${number})]` : Number(classLabel);
  const script = [
    "import torch",
    `from ddpm_hf import DDPMPipeline${changes.length ? ", DDPMScheduler" : ""}`,
    "",
    `pipe = DDPMPipeline.from_pretrained(${JSON.stringify(model)})`,
    ...(changes.length
      ? [
          "pipe.scheduler = DDPMScheduler.from_config(",
          `    ${["pipe.scheduler.config", ...changes].join(", ")}`,
          ")",
        ]
      : []),
    "images = pipe(",
    `    batch_size=${number},`,
    `    generator=torch.Generator().manual_seed(${seed}),`,
    `    num_inference_steps=${steps},`,
    ...(scale === 1 ? [] : [`    noise_scale=${scale},`]),
    ...(byClass ? [`    class_labels=${labels},`] : []),
    ...(byClass && guidance !== 1 ? [`    guidance_scale=${guidance},`] : []),
    '    backend="auto",',
    ").images",
  ];
  const link = new URL(location);
  const byTheModel = classLabel === "" ? { class: null, guidance: null } : { class: classLabel, guidance };
  const values = { tab: null, seed, number, steps, spacing, variance, noise, model, ...byTheModel };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) link.searchParams.delete(name);
    else link.searchParams.set(name, value);
  }
  return [script.join("\n"), link.href];
}

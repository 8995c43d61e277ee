#!/bin/sh
# DDPM's CIFAR-10 (Ho et al. 2020, table 1) by one command on a GPU, from the data to the table:
#     pip install ".[eval]" torch-fidelity && runs/cifar10.sh
# Stopped and started again, it goes on. Its flags are the trainer's: runs/cifar10.sh --mixed_precision bf16
set -eu

out=${OUT:-runs/cifar10} data=${DATA:-cifar10} steps=${STEPS:-1000}
samples=${SAMPLES:-50000} features=${FEATURES:-inception} # for a dry run

accelerate launch -m ddpm_hf.train --config cifar10 --dataset_name "$data" --output_dir "$out" \
    --ddpm_num_inference_steps "$steps" --resume_from_checkpoint latest "$@"
accelerate launch -m ddpm_hf.evaluate --model "$out" --dataset_name "$data" --seed 0 \
    --num_samples "$samples" --num_inference_steps "$steps" --batch_size 500 \
    --features "$features" --parts frechet inception_score likelihood \
    --output_dir "$out/drawn" --output "$out/report.json"
python "$(dirname "$0")/cifar10_table.py" "$out/report.json"

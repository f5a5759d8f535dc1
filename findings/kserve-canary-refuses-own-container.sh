#!/usr/bin/env bash
# github.com/kserve/kserve v0.20.0, Go 1.26: spec.canary of an InferenceService in mode Standard
# The webhook refuses a canary beside a predictor that has containers of its own: "canary requires a
# stable predictor with a model". An environment variable STORAGE_URI in that container, which the
# canary neither has nor reads, is taken for a model, and the same object is accepted.
# Seen:
#   predictor with its own container: canary requires a stable predictor with a model (multi-model serving is not supported with canary)
#   the same with the variable STORAGE_URI: accepted
set -euo pipefail

here=$(mktemp -d)
trap 'chmod -R u+w "$here"; rm -rf "$here"' EXIT
export GOTOOLCHAIN=local GOFLAGS=-mod=mod
source=$(go mod download -json github.com/kserve/kserve@v0.20.0 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -r "$source" "$here/kserve"
chmod -R u+w "$here/kserve"
mkdir "$here/kserve/seen"
cat > "$here/kserve/seen/main.go" <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/kserve/kserve/pkg/apis/serving/v1beta1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func predictor(name, image string, variables ...corev1.EnvVar) v1beta1.PredictorSpec {
	container := corev1.Container{Name: "kserve-container", Image: image, Env: variables}
	made := v1beta1.PredictorSpec{PodSpec: v1beta1.PodSpec{Containers: []corev1.Container{container}}}
	made.Name = name
	return made
}

func said(variables ...corev1.EnvVar) string {
	service := &v1beta1.InferenceService{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "one",
			Namespace:   "default",
			Annotations: map[string]string{"serving.kserve.io/deploymentMode": "Standard"},
		},
		Spec: v1beta1.InferenceServiceSpec{
			Predictor: predictor("stable", "example.org/model:1", variables...),
			Canary: []v1beta1.CanarySpec{
				{Predictor: predictor("new", "example.org/model:2"), TrafficPercent: 10},
			},
		},
	}
	if _, err := (&v1beta1.InferenceServiceValidator{}).ValidateCreate(context.Background(), service); err != nil {
		return err.Error()
	}
	return "accepted"
}

func main() {
	plain := said()
	named := said(corev1.EnvVar{Name: "STORAGE_URI", Value: "pvc://models/one"})
	fmt.Println("predictor with its own container:", plain)
	fmt.Println("the same with the variable STORAGE_URI:", named)
	expected := "canary requires a stable predictor with a model (multi-model serving is not supported with canary)"
	if plain != expected || named != "accepted" {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
cd "$here/kserve"
go run -trimpath ./seen

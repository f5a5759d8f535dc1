"""The prediction service: FastAPI in front of the champion's ONNX file."""

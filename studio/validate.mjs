// Prints the Khronos validator's report on a GLB file as JSON: node validate.mjs FILE
import { readFile } from "node:fs/promises";
import validator from "gltf-validator";

console.log(JSON.stringify(await validator.validateBytes(new Uint8Array(await readFile(process.argv[2])))));

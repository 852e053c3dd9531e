// The body on its ground: light, shadow, camera.
import {
  AnimationMixer, CanvasTexture, CircleGeometry, Color, DirectionalLight, Group, HemisphereLight, type AnimationAction, LoopOnce, Mesh,
  MeshBasicMaterial, NeutralToneMapping, type Object3D, PCFShadowMap, PerspectiveCamera, Scene, ShadowMaterial, SRGBColorSpace, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

export type View = "front" | "quarter" | "side";

const AZIMUTH: Record<View, number> = { front: 0, quarter: Math.PI / 5, side: Math.PI / 2 };
// What must fit into the picture, around a height above the ground; both leave air for raised arms.
const WHOLE = { width_m: 1.5, height_m: 2.1, middle_m: 0.98 };
const CLOSE = { width_m: 1.3, height_m: 1.38, middle_m: 1.27 };
const CAPTION_PX = 62; // below the body, kept free for the words
const TURN_MS = 520; // from one view to another

export class Stage {
  readonly duration: () => number;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(26, 1, 0.1, 60);
  private readonly controls: OrbitControls;
  private readonly renderer: WebGLRenderer;
  private readonly key = new DirectionalLight(0xfff1e2, 2.7);
  private readonly place = new Vector3();
  private mixer: AnimationMixer | null = null;
  private action: AnimationAction | null = null;
  private pelvis: Object3D | null = null;
  private turn: { from: number; to: number; start: number } | null = null;
  private stale = true;
  private framed = false; // by hand, with the pointer
  private frame = WHOLE;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, zoomToCursor: true, minDistance: 0.8, maxDistance: 12, maxPolarAngle: 1.62 });
    this.controls.addEventListener("start", () => { this.turn = null; this.framed = true; });
    this.controls.addEventListener("change", () => { this.stale = true; });
    this.duration = () => this.action?.getClip().duration ?? 0;
    this.light();
    this.ground();
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement!);
    this.resize();
  }

  /** Show the first animation of a GLB file. */
  async load(glb: ArrayBuffer): Promise<void> {
    const gltf = await new GLTFLoader().parseAsync(glb, "");
    gltf.scene.traverse((part) => {
      if (part instanceof Mesh) {
        part.castShadow = part.receiveShadow = true;
        part.frustumCulled = false; // bounds of a skinned mesh are those of its rest pose
      }
    });
    this.scene.add(gltf.scene);
    this.pelvis = gltf.scene.getObjectByName("Armature")?.children[0] ?? null;
    const clip = gltf.animations[0];
    if (clip) {
      this.mixer = new AnimationMixer(gltf.scene);
      this.action = this.mixer.clipAction(clip).setLoop(LoopOnce, 1);
      this.action.clampWhenFinished = true;
      this.action.play();
    }
    this.show(0);
    this.look("quarter", false);
  }

  show(time: number): void {
    if (!this.mixer || !this.action) return;
    this.action.paused = false;
    this.action.enabled = true;
    this.action.time = Math.min(time, this.duration());
    this.mixer.update(0);
    this.follow();
    this.stale = true;
  }

  /** Come closer, to the hands and the face, or go back. */
  closer(close: boolean): void {
    this.frame = close ? CLOSE : WHOLE;
    this.framed = false;
    this.aim(this.controls.getAzimuthalAngle());
  }

  /** Turn the camera to a view of the whole body, at once or in half a second. */
  look(view: View, smooth = true): void {
    this.framed = false;
    this.stale = true;
    const from = this.controls.getAzimuthalAngle();
    const way = ((AZIMUTH[view] - from + 3 * Math.PI) % (2 * Math.PI)) - Math.PI;
    if (smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.turn = { from, to: from + way, start: performance.now() };
    else this.aim(AZIMUTH[view]);
  }

  /** Draw if anything changed since. */
  render(now: number): void {
    if (this.turn) {
      const part = Math.min(1, (now - this.turn.start) / TURN_MS);
      const eased = part * part * (3 - 2 * part);
      this.aim(this.turn.from + (this.turn.to - this.turn.from) * eased);
      if (part === 1) this.turn = null;
    }
    this.controls.update();
    if (!this.stale) return;
    this.stale = false;
    this.renderer.render(this.scene, this.camera);
  }

  private aim(azimuth: number): void {
    const half = Math.tan((this.camera.fov * Math.PI) / 360);
    const tall = this.frame.height_m / (1 - CAPTION_PX / Math.max(this.canvas.clientHeight, 3 * CAPTION_PX));
    const distance = Math.max(tall / 2 / half, this.frame.width_m / 2 / (half * this.camera.aspect)) + 0.25;
    this.controls.target.set(this.place.x, this.frame.middle_m, this.place.z);
    const rise = 0.1; // radians above the horizon
    this.camera.position
      .set(Math.sin(azimuth) * Math.cos(rise), Math.sin(rise), Math.cos(azimuth) * Math.cos(rise))
      .multiplyScalar(distance)
      .add(this.controls.target);
    this.controls.update();
    this.stale = true;
  }

  /** Light, ground and camera go where the body goes. */
  private follow(): void {
    if (!this.pelvis) return;
    const before = this.place.clone();
    this.pelvis.getWorldPosition(this.place).setY(0);
    const step = this.place.clone().sub(before);
    this.controls.target.add(step);
    this.camera.position.add(step);
    this.key.position.add(step);
    this.key.target.position.add(step);
  }

  private resize(): void {
    const box = this.canvas.parentElement!.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(box.width, box.height, false);
    this.camera.aspect = box.width / box.height;
    this.camera.setViewOffset(box.width, box.height, 0, CAPTION_PX / 2, box.width, box.height);
    if (!this.framed && !this.turn) this.aim(this.controls.getAzimuthalAngle());
    this.stale = true;
    this.render(performance.now());
  }

  private light(): void {
    this.scene.add(new HemisphereLight(0xffffff, 0xd8cfc2, 1.75));
    this.key.position.set(1.7, 3.6, 2.6);
    this.key.castShadow = true;
    this.key.shadow.mapSize.set(2048, 2048);
    this.key.shadow.radius = 5;
    this.key.shadow.bias = -0.0004;
    this.key.shadow.normalBias = 0.012;
    Object.assign(this.key.shadow.camera, { left: -1.5, right: 1.5, top: 2, bottom: -1.5, near: 0.5, far: 9 });
    const fill = new DirectionalLight(0xdfe9ff, 0.75);
    fill.position.set(-3, 1.6, 1.4);
    const rim = new DirectionalLight(0xffffff, 1.1);
    rim.position.set(-1.2, 2.4, -3);
    this.scene.add(this.key, this.key.target, fill, rim);
  }

  private ground(): void {
    const disc = new CanvasTexture(softDisc());
    disc.colorSpace = SRGBColorSpace;
    const geometry = new CircleGeometry(2.6, 64).rotateX(-Math.PI / 2);
    const floor = new Mesh(geometry, new MeshBasicMaterial({ map: disc, transparent: true, depthWrite: false, toneMapped: false }));
    const shadow = new Mesh(geometry, new ShadowMaterial({ color: new Color(0x3b2f28), opacity: 0.24, depthWrite: false }));
    shadow.position.y = 0.001;
    shadow.receiveShadow = true;
    floor.renderOrder = -2;
    shadow.renderOrder = -1;
    this.scene.add(new Group().add(floor, shadow));
  }
}

/** A pale disc that fades out, with a faint ring at one metre to stand in. */
function softDisc(): HTMLCanvasElement {
  const size = 1024;
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d")!;
  const middle = size / 2;
  const fade = pen.createRadialGradient(middle, middle, 0, middle, middle, middle);
  fade.addColorStop(0, "rgba(255,255,255,0.95)");
  fade.addColorStop(0.45, "rgba(255,255,255,0.6)");
  fade.addColorStop(1, "rgba(255,255,255,0)");
  pen.fillStyle = fade;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = "rgba(120,105,90,0.13)";
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(middle, middle, middle / 2.6, 0, 2 * Math.PI);
  pen.stroke();
  return canvas;
}

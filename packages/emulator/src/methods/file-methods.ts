import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import type { StoredFile } from "../world/files.js";
import { type Json, present } from "../world/json.js";
import { textOf } from "../world/params.js";
import type { World } from "../world/world.js";

/** `File`, with a path that `/file/bot<token>/<path>` serves, or one on the disk of a local server. */
export function getFile(call: Call, { files }: World): Json {
  const file = files.find(textOf(call.params, "file_id"));
  if (!file) throw badRequest("invalid file_id");
  return fileObject(file, files);
}

/** Keeps a sticker for later use. */
export function uploadSticker(call: Call, { files }: World): Json {
  return fileObject(files.take(call, "sticker", call.params.sticker), files);
}

const fileObject = (file: StoredFile, files: World["files"]): Json =>
  present({
    file_id: file.fileId,
    file_unique_id: file.uniqueId,
    file_size: file.size,
    file_path: files.pathOf(file),
  });

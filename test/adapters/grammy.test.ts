import { lawsOnBothStores } from "./both-stores.js";
import { grammyByInstall, grammyByTransformer } from "./grammy-binding.js";

lawsOnBothStores(grammyByInstall);
lawsOnBothStores(grammyByTransformer);

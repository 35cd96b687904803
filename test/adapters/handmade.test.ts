import { lawsOnBothStores } from "./both-stores.js";
import { handmade } from "./handmade-adapter.js";

lawsOnBothStores(handmade(), 7);

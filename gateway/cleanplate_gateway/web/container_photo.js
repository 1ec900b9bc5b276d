// The photo of the containers that leave: as small and as bare as that of a weighing.

import { Photo } from "./photo.js";

const form = document.getElementById("photographing");
const photo = new Photo();

photo.input.required = false; // it is emptied as soon as the picture is drawn
form.addEventListener("submit", (event) => photo.taken || event.preventDefault());
form.addEventListener("formdata", ({ formData }) => {
  formData.set("file", new File([photo.taken], "photo.jpg", { type: "image/jpeg" }));
});

-- How often the processing of a photo was begun without coming to an end. A photo that brings its worker down
-- cannot say so; after some attempts it is refused instead of being tried for ever.

ALTER TABLE photos ADD COLUMN attempts integer NOT NULL DEFAULT 0;
